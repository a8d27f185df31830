// SPDX-License-Identifier: MIT
import QtQuick
import Duplicates

/// A row of DuplicateGroups: a group, or a file of the one that is open.
Item {
    id: row

    required property int index
    required property FoundFile file
    required property real size
    required property int count
    required property real space
    required property var firstPaths
    required property bool open
    required property int selected
    property DuplicateGroups groups: null
    property FileMenu menu: null
    readonly property Item shown: content.item as Item
    /// The last file of a group would have been selected.
    signal refused()

    function activate() { file ? Desktop.open(file) : toggle() }
    function toggle() { groups.toggle(index) }
    function mark() { file ? setMarked(!file.selected) : toggle() }
    function setMarked(marked) {
        if (!groups.setSelected(file, marked))
            refused()
    }
    function copy() { Desktop.copyPath(file) }
    function showMenu() {
        if (file)
            menu.show(file)
    }
    function take() {
        ListView.view.currentIndex = index
        ListView.view.forceActiveFocus()
    }

    width: ListView.view ? ListView.view.width : 0
    height: shown ? shown.implicitHeight : Theme.row
    Accessible.role: Accessible.ListItem
    Accessible.name: file ? file.relativePath : qsTr("%1 of %2 each").arg(Words.files(count)).arg(Words.bytes(size))

    TapHandler {
        onTapped: {
            row.take()
            if (!row.file)
                row.toggle()
        }
        onDoubleTapped: if (row.file) row.activate()
    }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: {
            row.take()
            row.showMenu()
        }
    }
    Loader {
        id: content
        anchors.fill: parent
        sourceComponent: row.file ? member : group
    }
    Component {
        id: group
        GroupHeader {
            size: row.size
            count: row.count
            space: row.space
            firstPaths: row.firstPaths
            open: row.open
            selected: row.selected
        }
    }
    Component {
        id: member
        MemberRow {
            file: row.file
            onMarked: marked => row.setMarked(marked)
        }
    }
}
