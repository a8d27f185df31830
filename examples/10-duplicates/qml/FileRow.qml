// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Duplicates

/// A file: its name, where it is, how large, and how far the work on it is.
Item {
    id: row

    required property FoundFile modelData
    required property int index
    property FileMenu menu: null
    readonly property FoundFile file: modelData
    readonly property int status: file ? file.state : FoundFile.Single
    readonly property color statusColor: [Theme.dim, Theme.waiting, Theme.accent, Theme.good, Theme.same, Theme.bad,
                                          Theme.waiting, Theme.dim][status]
    readonly property string statusText: [qsTr("single"), qsTr("waiting"), file ? Words.percent(file.progress) : "", qsTr("unique"),
                                          qsTr("duplicate"), qsTr("error"), qsTr("not hashed"), qsTr("in the trash")][status]

    function activate() { Desktop.open(file) }
    function copy() { Desktop.copyPath(file) }
    function showMenu() { menu?.show(file) }
    function take() {
        ListView.view.currentIndex = index
        ListView.view.forceActiveFocus()
    }

    width: ListView.view ? ListView.view.width : 0
    height: Theme.row
    Accessible.role: Accessible.ListItem
    Accessible.name: file ? file.name + ", " + statusText : ""

    TapHandler {
        onTapped: row.take()
        onDoubleTapped: row.activate()
    }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: {
            row.take()
            row.showMenu()
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
                full: row.file ? row.file.path : ""
                elide: Text.ElideMiddle
            }
            Caption {
                Layout.fillWidth: true
                dim: true
                visible: row.status !== FoundFile.Failed
                text: row.file ? row.file.folder : ""
                full: row.file ? row.file.path : ""
                elide: Text.ElideLeft
            }
            Caption {
                Layout.fillWidth: true
                dim: true
                visible: row.status === FoundFile.Failed
                text: row.file ? qsTr("%1, in %2").arg(row.file.error).arg(row.file.folder) : ""
                color: Theme.bad
            }
        }
        ColumnLayout {
            spacing: 1
            visible: row.status !== FoundFile.Failed
            Layout.minimumWidth: 6 * Theme.normal
            Caption {
                Layout.alignment: Qt.AlignRight
                text: row.file ? Words.bytes(row.file.size) : ""
            }
            RowLayout {
                spacing: 5
                Layout.alignment: Qt.AlignRight
                Rectangle {
                    implicitWidth: 6
                    implicitHeight: 6
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
