// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Duplicates

/// A file of a group, and whether it is selected.
Item {
    id: member

    required property FoundFile file
    signal marked(bool marked)

    implicitHeight: Math.round(Theme.row * 0.8)

    RowLayout {
        anchors { fill: parent; leftMargin: 12 + Theme.normal; rightMargin: 14 }
        spacing: 10

        Tick {
            checked: member.file ? member.file.selected : false
            onToggled: member.marked(!checked)
            Accessible.name: member.file ? qsTr("Select %1").arg(member.file.name) : ""
        }
        Caption {
            text: member.file ? member.file.name : ""
            full: member.file ? member.file.path : ""
            Layout.fillWidth: true
            Layout.preferredWidth: 100
            elide: Text.ElideMiddle
        }
        Caption {
            dim: true
            text: member.file ? member.file.folder : ""
            full: member.file ? member.file.path : ""
            Layout.fillWidth: true
            Layout.preferredWidth: 100
            horizontalAlignment: Text.AlignRight
            elide: Text.ElideLeft
        }
    }
}
