// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

Button {
    id: button

    property bool primary: false
    property string hint

    implicitHeight: Theme.control
    leftPadding: 14
    rightPadding: 14
    font.pixelSize: Theme.normal
    font.weight: primary ? Font.DemiBold : Font.Normal
    opacity: enabled ? 1 : 0.45
    Keys.onReturnPressed: button.click()
    Keys.onEnterPressed: button.click()
    Accessible.description: hint

    Hint {
        text: button.hint
        visible: button.hint !== "" && button.hovered
    }
    contentItem: Text {
        text: button.text
        textFormat: Text.PlainText
        font: button.font
        color: button.primary ? Theme.accentText : Theme.text
        elide: Text.ElideMiddle
        maximumLineCount: 1
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
    }
    background: Rectangle {
        radius: Theme.radius - 2
        color: button.primary ? Theme.accent : Theme.raised
        opacity: button.down ? 0.75 : button.hovered ? 0.9 : 1
        FocusRing { shown: button.visualFocus }
    }
}
