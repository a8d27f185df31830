// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// Files that are equal. Enter, or a click, shows all of them.
Item {
    id: row

    required property real size
    required property real space
    required property var paths
    required property int index
    readonly property bool open: ListView.view?.openPaths === paths[0]
    readonly property int shown: open ? paths.length : Math.min(paths.length, 2)

    function toggle() { ListView.view.openPaths = open ? "" : paths[0] }

    width: ListView.view ? ListView.view.width : 0
    height: column.implicitHeight + 18
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("%1 files of %2 each").arg(paths.length).arg(Theme.bytes(size))
    Keys.onReturnPressed: toggle()
    Keys.onSpacePressed: toggle()

    TapHandler {
        onTapped: {
            row.ListView.view.currentIndex = row.index
            row.ListView.view.forceActiveFocus()
            row.toggle()
        }
    }
    Rectangle {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom; leftMargin: 8; rightMargin: 14 }
        height: 1
        color: Theme.line
    }

    ColumnLayout {
        id: column
        anchors { left: parent.left; right: parent.right; top: parent.top; leftMargin: 8; rightMargin: 14; topMargin: 8 }
        spacing: 2

        RowLayout {
            spacing: 8
            Caption {
                text: Theme.bytes(row.space)
                font.weight: Font.DemiBold
            }
            Caption {
                Layout.fillWidth: true
                dim: true
                text: qsTr("%1 files of %2 each").arg(Theme.number(row.paths.length)).arg(Theme.bytes(row.size))
            }
            Rectangle {
                implicitWidth: copies.implicitWidth + 14
                implicitHeight: 18
                radius: 9
                color: Qt.alpha(Theme.same, Theme.dark ? 0.18 : 0.12)
                Caption {
                    id: copies
                    anchors.centerIn: parent
                    text: "×" + row.paths.length
                    color: Theme.same
                    font { pixelSize: Theme.small; weight: Font.DemiBold }
                }
            }
        }
        Repeater {
            model: row.shown
            Caption {
                required property int index
                Layout.fillWidth: true
                text: row.paths[index] || ""
                color: Theme.dim
                font.pixelSize: 12
                elide: Text.ElideMiddle
            }
        }
        Caption {
            visible: row.paths.length > 2
            dim: true
            text: row.open ? qsTr("show fewer") : qsTr("and %1 more").arg(Theme.number(row.paths.length - row.shown))
            color: Theme.accent
        }
    }
}
