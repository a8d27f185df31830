// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

/// A list that the keyboard can walk through, and a word for when it is empty.
ListView {
    id: list

    property string emptyText
    /// What Enter, Space, Ctrl+C and the menu key do with the current row, if it knows them.
    function act(name) {
        if (currentItem && currentItem[name])
            currentItem[name]()
    }

    clip: true
    focus: true
    activeFocusOnTab: true
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    reuseItems: true
    currentIndex: -1
    highlightMoveDuration: 0
    highlightResizeDuration: 0
    highlight: Rectangle { // its line is what tells it from the others, whoever looks
        radius: Theme.radius - 2
        color: Theme.accentSoft
        border { color: Theme.accent; width: 2 }
        visible: list.activeFocus
    }
    onActiveFocusChanged: if (activeFocus && currentIndex < 0 && count > 0) currentIndex = 0

    function walk(rows) {
        currentIndex = Math.max(0, Math.min(count - 1, currentIndex + rows))
    }
    Keys.onPressed: event => {
        const page = Math.max(1, Math.floor(height / Theme.row) - 1)
        const steps = { [Qt.Key_PageDown]: page, [Qt.Key_PageUp]: -page, [Qt.Key_End]: count, [Qt.Key_Home]: -count }
        const acts = { [Qt.Key_Return]: "activate", [Qt.Key_Enter]: "activate", [Qt.Key_Space]: "mark", [Qt.Key_Menu]: "showMenu" }
        event.accepted = true
        if (event.key in steps)
            walk(steps[event.key])
        else if (event.key in acts)
            act(acts[event.key])
        else if (event.matches(StandardKey.Copy))
            act("copy")
        else
            event.accepted = false
    }

    ScrollBar.vertical: Scroller {}

    FocusRing {
        parent: list
        distance: 0
        radius: Theme.radius - 2
        shown: list.activeFocus && list.count === 0
    }
    Caption {
        parent: list
        anchors.centerIn: parent
        width: Math.min(parent.width - 40, 28 * Theme.normal)
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
        lineHeight: 1.3
        visible: list.count === 0
        text: list.emptyText
        color: Theme.dim
    }
}
