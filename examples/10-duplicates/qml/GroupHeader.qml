// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// What there is to know of a group; of its files the first two, as long as it is closed.
Item {
    id: header

    required property real size
    required property int count
    required property real space
    required property var firstPaths
    required property bool open
    required property int selected

    implicitHeight: column.implicitHeight + 18

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
                text: header.open ? "▾" : "▸"
                color: Theme.dim
            }
            Caption {
                text: Words.bytes(header.space)
                font.weight: Font.DemiBold
            }
            Caption {
                Layout.fillWidth: true
                dim: true
                text: header.selected > 0
                      ? qsTr("%1 of %2 each, %3 selected").arg(Words.files(header.count)).arg(Words.bytes(header.size))
                        .arg(Words.number(header.selected))
                      : qsTr("%1 of %2 each").arg(Words.files(header.count)).arg(Words.bytes(header.size))
            }
            Rectangle {
                implicitWidth: copies.implicitWidth + 14
                implicitHeight: copies.implicitHeight + 4
                radius: height / 2
                color: Qt.alpha(Theme.same, Theme.dark ? 0.18 : 0.12)
                Caption {
                    id: copies
                    anchors.centerIn: parent
                    text: "×" + Words.number(header.count)
                    color: Theme.same
                    font { pixelSize: Theme.small; weight: Font.DemiBold }
                }
            }
        }
        Repeater {
            model: header.open ? 0 : 2
            Caption {
                required property int index
                Layout.fillWidth: true
                Layout.leftMargin: Theme.normal + 4
                dim: true
                text: header.firstPaths[index] ?? ""
                elide: Text.ElideMiddle
            }
        }
        Caption {
            Layout.leftMargin: Theme.normal + 4
            visible: !header.open && header.count > 2
            dim: true
            text: qsTr("and %1 more").arg(Words.number(header.count - 2))
            color: Theme.accent
        }
    }
}
