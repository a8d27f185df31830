// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import QFerry
import Duplicates

/// How far the run is, how fast, and how many files are hashed at a time.
ColumnLayout {
    id: panel

    required property Run run
    readonly property DuplicateFinder finder: run.finder

    spacing: Theme.gap

    Connections {
        target: panel.run
        function onStarted() { throughput.reset() }
    }

    Card {
        Layout.fillWidth: true
        RowLayout {
            Caption {
                Layout.fillWidth: true
                dim: true
                text: [qsTr("Ready"), panel.run.files.running ? qsTr("Looking for files") : qsTr("Hashing"),
                       qsTr("Done"), qsTr("Canceled"), qsTr("Failed")][panel.run.state]
            }
            Caption {
                dim: true
                text: panel.run.state === Run.Ready ? "" : qsTr("%1 s").arg(panel.run.seconds.toFixed(1))
            }
        }
        Caption {
            text: Math.floor(100 * panel.run.share) + " %"
            font { pixelSize: Theme.large; weight: Font.DemiBold }
        }
        Bar {
            Layout.fillWidth: true
            Layout.bottomMargin: 4
            implicitHeight: 6
            value: panel.run.share
            fill: panel.run.state === Run.Done ? Theme.good : Theme.accent
        }
        Caption {
            Layout.fillWidth: true
            dim: true
            text: qsTr("%1 of %2 hashed").arg(Theme.bytes(panel.finder.hashedBytes))
                    .arg(Theme.bytes(panel.finder.candidateBytes))
        }
        Caption {
            Layout.fillWidth: true
            dim: true
            text: qsTr("%1 files found, %2").arg(Theme.number(panel.finder.fileCount))
                    .arg(Theme.bytes(panel.finder.foundBytes))
        }
    }

    Throughput {
        id: throughput
        Layout.fillWidth: true
        Layout.fillHeight: true
        bytes: panel.finder.hashedBytes
        running: panel.run.state === Run.Running
    }

    Card {
        Layout.fillWidth: true
        RowLayout {
            Caption {
                Layout.fillWidth: true
                dim: true
                text: qsTr("Files hashed at a time")
            }
            Caption {
                text: slider.value
                font.weight: Font.DemiBold
            }
        }
        TokenSlider {
            id: slider
            objectName: "slider"
            Layout.fillWidth: true
            from: 1
            to: panel.run.mostTokens
            value: panel.run.tokens
            onMoved: panel.run.tokens = value
            Accessible.name: qsTr("Files hashed at a time")
        }
        AtWork {
            Layout.fillWidth: true
            tasks: panel.run.hashes
            source: panel.run.files
            most: panel.run.tokens
            running: panel.run.state === Run.Running
        }
    }
}
