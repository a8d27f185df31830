// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

/// A scroll bar, where there is something to scroll.
ScrollBar {
    id: bar

    width: 10
    padding: 2
    minimumSize: 0.06
    policy: ScrollBar.AsNeeded
    visible: size < 1
    contentItem: Rectangle {
        implicitWidth: 6
        radius: width / 2
        color: Theme.dim
        opacity: bar.pressed ? 0.9 : bar.hovered ? 0.75 : 0.5
    }
}
