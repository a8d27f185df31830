// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

/// A tool tip in the application's colours.
ToolTip {
    id: hint

    delay: 600
    padding: 8
    contentItem: Text {
        text: hint.text
        textFormat: Text.PlainText
        wrapMode: Text.WrapAtWordBoundaryOrAnywhere
        color: Theme.text
        font.pixelSize: Theme.small
    }
    background: Rectangle {
        radius: Theme.radius / 2
        color: Theme.raised
        border.color: Theme.line
    }
}
