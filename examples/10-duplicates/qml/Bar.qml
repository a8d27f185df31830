// SPDX-License-Identifier: MIT
import QtQuick

/// How far something is, from 0 to 1.
Rectangle {
    property real value: 0
    property color fill: Theme.accent

    implicitHeight: 4
    radius: height / 2
    color: Theme.raised

    Rectangle {
        width: Math.max(parent.height, parent.width * Math.min(parent.value, 1))
        height: parent.height
        radius: parent.radius
        color: parent.fill
        visible: parent.value > 0
    }
}
