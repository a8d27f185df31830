// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

TextField {
    id: field

    implicitHeight: Theme.control
    leftPadding: 12
    rightPadding: 12
    font.pixelSize: Theme.normal
    color: Theme.text
    placeholderTextColor: Theme.dim
    selectionColor: Theme.accent
    selectedTextColor: Theme.accentText
    selectByMouse: true
    Accessible.name: placeholderText

    // Escape is the field's as long as there is something to clear: before the shortcut that cancels.
    Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape && text !== ""
    Keys.onEscapePressed: event => {
        event.accepted = text !== ""
        clear()
    }

    background: Rectangle {
        radius: Theme.radius - 2
        color: Theme.window
        border.color: Theme.line
        FocusRing { shown: field.activeFocus }
    }
}
