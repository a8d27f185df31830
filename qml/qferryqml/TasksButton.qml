// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import QFerry

/// A button for a tool or status bar: how many calls and tasks there are, and how far they are; it opens a
/// TasksPanel. Needs Qt Quick Controls and Layouts.
ToolButton {
    id: button

    /// What it shows; its own, unless another one is given.
    property TaskMonitor monitor: TaskMonitor { active: button.visible }

    text: monitor.stuck > 0 ? qsTr("%1 tasks, %2 stuck").arg(monitor.count).arg(monitor.stuck)
          : monitor.count === 1 ? qsTr("1 task") : qsTr("%1 tasks").arg(monitor.count)
    down: pressed || popup.visible
    font.bold: monitor.stuck > 0
    bottomPadding: 8
    Accessible.name: text
    onClicked: popup.visible ? popup.close() : popup.open()

    ProgressBar {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom; margins: 2 }
        height: 4
        visible: button.monitor.progress >= 0
        value: button.monitor.progress
    }

    Popup {
        id: popup
        y: -height
        margins: 4 // it stays in the window
        padding: 0
        closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutsideParent
        contentItem: TasksPanel {
            monitor: button.monitor
            focus: true
        }
    }
}
