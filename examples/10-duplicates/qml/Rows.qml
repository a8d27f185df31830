// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

/// A list that the keyboard can walk through, and a word for when it is empty.
ListView {
    id: list

    property string emptyText

    clip: true
    focus: true
    activeFocusOnTab: true
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    reuseItems: true
    currentIndex: -1
    highlightMoveDuration: 0
    highlightResizeDuration: 0
    highlight: Rectangle {
        radius: Theme.radius - 2
        color: Theme.accentSoft
        visible: list.activeFocus
    }
    onActiveFocusChanged: if (activeFocus && currentIndex < 0 && count > 0) currentIndex = 0

    function walk(rows) {
        currentIndex = Math.max(0, Math.min(count - 1, currentIndex + rows))
    }
    Keys.onPressed: event => {
        const page = Math.max(1, Math.floor(height / 44))
        const steps = { [Qt.Key_PageDown]: page, [Qt.Key_PageUp]: -page, [Qt.Key_End]: count, [Qt.Key_Home]: -count }
        if (event.key in steps) {
            walk(steps[event.key])
            event.accepted = true
        }
    }

    ScrollBar.vertical: ScrollBar {
        id: bar
        width: 8
        padding: 1
        contentItem: Rectangle {
            radius: width / 2
            color: Theme.dim
            opacity: bar.pressed ? 0.8 : bar.hovered ? 0.6 : 0.35
        }
    }

    Caption {
        anchors.centerIn: parent
        width: Math.min(parent.width - 40, 360)
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
        lineHeight: 1.3
        visible: list.count === 0
        text: list.emptyText
        color: Theme.dim
    }
}
