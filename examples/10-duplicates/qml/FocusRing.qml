// SPDX-License-Identifier: MIT
import QtQuick

/// Shows around its parent where the keyboard is.
Rectangle {
    property bool shown: parent.activeFocus

    anchors { fill: parent; margins: -3 }
    radius: parent.radius + 3
    visible: shown
    color: "transparent"
    border { color: Theme.accent; width: 2 }
}
