// SPDX-License-Identifier: MIT
import QtQuick

/// Shows around its parent where the keyboard is.
Rectangle {
    property bool shown: parent.activeFocus
    property int distance: 3
    readonly property Rectangle around: parent as Rectangle

    anchors { fill: parent; margins: -distance }
    radius: (around ? around.radius : 0) + distance
    visible: shown
    color: "transparent"
    border { color: Theme.accent; width: 2 }
}
