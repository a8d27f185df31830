// SPDX-License-Identifier: MIT
import QtQuick.Controls.Basic
import Duplicates

/// What can be done with a file.
Menu {
    id: menu

    property FoundFile file: null
    signal failed(string text)

    function show(file) {
        menu.file = file
        popup()
    }

    MenuItem {
        text: qsTr("Open")
        onTriggered: if (!Desktop.open(menu.file)) menu.failed(qsTr("Nothing here opens %1").arg(menu.file.name))
    }
    MenuItem {
        text: qsTr("Show in its folder")
        onTriggered: if (!Desktop.showInFolder(menu.file)) menu.failed(qsTr("Nothing here shows the folder %1").arg(menu.file.folder))
    }
    MenuItem {
        text: qsTr("Copy path")
        onTriggered: Desktop.copyPath(menu.file)
    }
}
