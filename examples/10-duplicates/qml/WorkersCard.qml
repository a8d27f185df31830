// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// How many files are hashed at a time, and which.
Card {
    id: card

    required property Run run

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
        to: card.run.mostTokens
        value: card.run.tokens
        onMoved: card.run.tokens = value
        Accessible.name: qsTr("Files hashed at a time")
    }
    AtWork {
        objectName: "atWork"
        Layout.fillWidth: true
        run: card.run
    }
}
