// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

/// One of several words.
ComboBox {
    id: choice

    property string hint

    implicitHeight: Math.round(Theme.control * 0.85)
    implicitWidth: Math.round(Theme.normal * 9.5)
    font.pixelSize: Theme.small
    Accessible.name: hint

    Hint {
        text: choice.hint
        visible: choice.hovered && !choice.down && choice.hint !== ""
    }
    contentItem: Caption {
        leftPadding: 10
        text: choice.displayText
        font.pixelSize: Theme.small
        verticalAlignment: Text.AlignVCenter
    }
    indicator: Caption {
        x: choice.width - width - 10
        y: (choice.height - height) / 2
        text: "▾"
        color: Theme.dim
    }
    background: Rectangle {
        radius: Theme.radius - 2
        color: Theme.raised
        FocusRing { shown: choice.visualFocus }
    }
}
