// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Duplicates

/// How far the run is.
Card {
    id: card

    required property Run run
    readonly property DuplicateFinder finder: run.finder

    RowLayout {
        Caption {
            Layout.fillWidth: true
            dim: true
            text: [qsTr("Ready"), card.run.isWalked ? qsTr("Hashing") : qsTr("Looking for files"),
                   card.finder.failures.length ? qsTr("Done, but for what cannot be read") : qsTr("Done"),
                   qsTr("Canceled"), qsTr("Failed")][card.run.state]
        }
        Caption {
            dim: true
            text: card.run.state === Run.Ready ? "" : Words.seconds(card.run.seconds)
        }
    }
    Caption {
        Layout.fillWidth: true
        text: card.run.state === Run.Failed ? card.run.error : Words.percent(card.run.share)
        wrapMode: card.run.state === Run.Failed ? Text.Wrap : Text.NoWrap
        color: card.run.state === Run.Failed ? Theme.bad : Theme.text
        font { pixelSize: card.run.state === Run.Failed ? Theme.normal : Theme.large; weight: Font.DemiBold }
    }
    Bar {
        Layout.fillWidth: true
        Layout.bottomMargin: 4
        implicitHeight: 6
        value: card.run.share
        fill: card.run.state === Run.Done ? Theme.good : card.run.state === Run.Canceled ? Theme.waiting : Theme.accent
    }
    Caption {
        Layout.fillWidth: true
        dim: true
        text: qsTr("%1 of %2 hashed").arg(Words.bytes(card.finder.hashedBytes)).arg(Words.bytes(card.finder.candidateBytes))
    }
    Caption {
        Layout.fillWidth: true
        dim: true
        text: qsTr("%1 found, %2").arg(Words.files(card.finder.fileCount)).arg(Words.bytes(card.finder.foundBytes))
    }
}
