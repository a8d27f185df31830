// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Duplicates

/// The files that were found, or those with the text that is searched.
ColumnLayout {
    id: view

    required property Run run
    property string text
    readonly property int count: fileList.count
    readonly property bool filtered: text !== ""
    property string notice

    function focusList() { rows.forceActiveFocus() }

    spacing: 4

    FileList {
        id: fileList
        finder: view.run.finder
        text: view.text
    }
    FileMenu {
        id: fileMenu
        onFailed: text => view.notice = text
    }
    Notice {
        Layout.fillWidth: true
        text: view.notice
        alarming: true
        onClosed: view.notice = ""
    }
    Choice {
        objectName: "fileOrder"
        Layout.alignment: Qt.AlignRight
        visible: view.count > 1
        hint: qsTr("What the files are sorted by")
        model: [qsTr("As found"), qsTr("Name"), qsTr("Size")]
        onActivated: index => fileList.order = index
    }
    Rows {
        id: rows
        objectName: "files"
        Layout.fillWidth: true
        Layout.fillHeight: true
        model: fileList
        delegate: FileRow { menu: fileMenu }
        emptyText: fileList.searching || view.run.state === Run.Running ? qsTr("Looking …")
                   : view.run.state === Run.Failed ? qsTr("The folder cannot be read: %1").arg(view.run.error)
                   : view.filtered ? qsTr("No file has this in its path.") : qsTr("There are no files.")
    }
}
