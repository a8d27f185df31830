// SPDX-License-Identifier: MIT
import QtQuick

/// Shows around its parent where the keyboard is.
Rectangle {
    property bool shown: parent.activeFocus
    readonly property Rectangle around: parent as Rectangle

    anchors { fill: parent; margins: -3 }
    radius: around ? around.radius + 3 : 3
    visible: shown
    color: "transparent"
    border { color: Theme.accent; width: 2 }
}
