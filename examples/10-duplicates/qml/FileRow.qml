// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Duplicates

/// A file: its name, where it is, how large, and how far the work on it is.
Item {
    id: row

    required property FoundFile modelData
    readonly property FoundFile file: modelData
    readonly property int status: file ? file.state : FoundFile.Single
    readonly property color statusColor: [Theme.dim, Theme.waiting, Theme.accent, Theme.good, Theme.same, Theme.bad, Theme.dim][status]
    readonly property string statusText: ["single", "waiting", percent, "unique", "duplicate", "error", "not hashed"][status]
    readonly property string percent: file ? Math.round(100 * file.progress) + " %" : ""

    width: ListView.view ? ListView.view.width : 0
    height: 44
    Accessible.role: Accessible.ListItem
    Accessible.name: file ? file.name + ", " + statusText : ""

    TapHandler {
        onTapped: {
            row.ListView.view.currentIndex = row.ListView.view.indexAt(row.x, row.y)
            row.ListView.view.forceActiveFocus()
        }
    }

    RowLayout {
        anchors { fill: parent; leftMargin: 8; rightMargin: 14 }
        spacing: 10

        Suffix { text: row.file && row.file.suffix.length < 5 ? row.file.suffix : "" }
        ColumnLayout {
            spacing: 1
            Layout.fillWidth: true
            Caption {
                Layout.fillWidth: true
                text: row.file ? row.file.name : ""
                elide: Text.ElideMiddle
            }
            Caption {
                Layout.fillWidth: true
                dim: true
                text: !row.file ? "" : row.status === FoundFile.Failed ? row.file.error : row.file.folder
                color: row.status === FoundFile.Failed ? Theme.bad : Theme.dim
                elide: row.status === FoundFile.Failed ? Text.ElideRight : Text.ElideLeft
            }
        }
        ColumnLayout {
            spacing: 1
            Layout.minimumWidth: 76
            Caption {
                Layout.alignment: Qt.AlignRight
                text: row.file ? Theme.bytes(row.file.size) : ""
            }
            RowLayout {
                spacing: 5
                Layout.alignment: Qt.AlignRight
                Rectangle {
                    width: 6
                    height: 6
                    radius: 3
                    color: row.statusColor
                }
                Caption {
                    dim: true
                    text: row.statusText
                }
            }
        }
    }
    Bar {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom; leftMargin: 46; rightMargin: 14 }
        implicitHeight: 2
        visible: row.status === FoundFile.Hashing
        value: row.file ? row.file.progress : 0
    }
}
