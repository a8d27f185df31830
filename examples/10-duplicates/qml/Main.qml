// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Dialogs
import QtQuick.Layouts
import QFerry

ApplicationWindow {
    id: window

    property alias folder: work.folder
    property string colours
    /// How many percent of a run are enough to leave; 0 to stay.
    property int leaveAt: 0
    readonly property alias run: work
    readonly property alias finder: work.finder
    readonly property bool isWide: width >= 1080

    function open(folder) {
        work.folder = folder
        work.start()
    }

    visible: true
    minimumWidth: 640
    minimumHeight: 480
    title: work.folder === "" ? "" : work.folder
    color: Theme.window
    onColoursChanged: Theme.choice = colours
    Component.onCompleted: if (work.folder !== "") work.start()

    Run {
        id: work
    }
    Timer {
        interval: 1200 // for what moves to come to rest
        running: window.leaveAt > 0 && (work.state === Run.Done || work.state === Run.Failed || 100 * work.share > window.leaveAt)
        onTriggered: Qt.quit()
    }
    /// Each letter typed cancels the search for what was there before.
    ThreadTask {
        id: search
        property var found: null // files; null: no search
        task: "searchFiles"
        rerunPolicy: ThreadTask.CancelPrevious
        onFinished: rows => found = Array.from(rows, row => work.files.get(row))
        function look(text) {
            if (text !== "") {
                start(work.finder.paths, text)
            } else {
                reset() // not cancel(): a search that is through would still tell what it found
                found = null
            }
        }
    }

    Shortcut {
        sequences: [StandardKey.Open]
        onActivated: dialog.open()
    }
    Shortcut {
        sequences: [StandardKey.Find]
        onActivated: field.forceActiveFocus()
    }
    Shortcut {
        sequences: [StandardKey.Refresh]
        enabled: work.folder !== ""
        onActivated: work.start()
    }
    Shortcut {
        sequences: [StandardKey.Cancel]
        enabled: work.state === Run.Running
        onActivated: work.cancel()
    }

    FolderDialog {
        id: dialog
        onAccepted: window.open(decodeURIComponent(selectedFolder.toString().replace(/^file:\/\//, "")))
    }
    DropArea {
        anchors.fill: parent
        onDropped: drop => {
            if (drop.hasUrls)
                window.open(decodeURIComponent(drop.urls[0].toString().replace(/^file:\/\//, "")))
        }
    }

    header: Rectangle {
        implicitHeight: 60
        color: Theme.surface

        Rectangle {
            anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
            height: 1
            color: Theme.line
        }
        RowLayout {
            anchors { fill: parent; leftMargin: Theme.gap; rightMargin: Theme.gap }
            spacing: 8

            PushButton {
                Layout.fillWidth: true
                Layout.maximumWidth: Math.ceil(implicitWidth) + 1
                text: work.folder === "" ? qsTr("Choose a folder …") : work.folder
                hint: qsTr("Choose another folder (Ctrl+O)")
                focus: true
                onClicked: dialog.open()
            }
            PushButton {
                readonly property bool stops: work.state === Run.Running
                primary: !stops
                enabled: work.folder !== ""
                text: stops ? qsTr("Cancel") : work.state === Run.Ready ? qsTr("Start") : qsTr("Again")
                hint: stops ? qsTr("Esc") : qsTr("F5")
                onClicked: stops ? work.cancel() : work.start()
            }
            Item { Layout.fillWidth: true }
            SearchField {
                id: field
                objectName: "search"
                Layout.preferredWidth: 230
                Layout.minimumWidth: 140
                placeholderText: qsTr("Find a file (Ctrl+F)")
                onTextChanged: {
                    search.look(text)
                    if (text !== "")
                        tabs.show("files")
                }
                Keys.onDownPressed: files.forceActiveFocus()
            }
            PushButton {
                text: Theme.dark ? qsTr("Light") : qsTr("Dark")
                hint: qsTr("Change the colours")
                onClicked: Theme.choice = Theme.dark ? "light" : "dark"
            }
        }
    }

    RowLayout {
        anchors { fill: parent; margins: Theme.gap }
        spacing: Theme.gap

        Card {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 400
            padding: 8

            Tabs {
                id: tabs
                Layout.fillWidth: true
                pages: [...(window.isWide ? [] : [groupsPage]), filesPage, errorsPage]

                readonly property var groupsPage: ({ key: "groups", title: qsTr("Duplicates"), count: work.finder.duplicateCount })
                readonly property var filesPage: ({ key: "files", title: search.found ? qsTr("Found") : qsTr("Files"),
                                                    count: search.found ? search.found.length : work.finder.fileCount })
                readonly property var errorsPage: ({ key: "errors", title: qsTr("Errors"), alarming: true,
                                                     count: work.finder.failures.length })
            }
            Item {
                id: pages
                Layout.fillWidth: true
                Layout.fillHeight: true

                Rows {
                    id: files
                    objectName: "files"
                    anchors.fill: parent
                    visible: tabs.current === "files"
                    model: search.found ? search.found : work.files
                    delegate: FileRow {}
                    emptyText: search.found ? qsTr("No file has this in its path.")
                                            : work.folder === "" ? qsTr("Choose a folder, or drop one here.")
                                            : work.state === Run.Running ? ""
                                            : work.state === Run.Failed ? qsTr("The folder cannot be read: %1").arg(work.error) : qsTr("There are no files.")
                }
                Rows {
                    anchors.fill: parent
                    visible: tabs.current === "errors"
                    model: work.finder.failures
                    delegate: FileRow {}
                    emptyText: qsTr("Everything could be read.")
                }
                GroupsView {
                    parent: window.isWide ? wideGroups : pages
                    anchors.fill: parent
                    visible: window.isWide || tabs.current === "groups"
                    run: work
                }
            }
        }
        Card {
            visible: window.isWide
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 400
            padding: 8
            Item {
                id: wideGroups
                Layout.fillWidth: true
                Layout.fillHeight: true
            }
        }
        SidePanel {
            Layout.preferredWidth: 260
            Layout.maximumWidth: 260
            Layout.fillHeight: true
            run: work
        }
    }

    footer: Rectangle {
        implicitHeight: 30
        color: Theme.surface

        Rectangle {
            width: parent.width
            height: 1
            color: Theme.line
        }
        FramePulse {
            anchors { left: parent.left; leftMargin: Theme.gap + 2; verticalCenter: parent.verticalCenter }
        }
        Caption {
            anchors { right: parent.right; rightMargin: Theme.gap + 2; verticalCenter: parent.verticalCenter }
            dim: true
            text: qsTr("Hashed in workers by QFerry")
        }
    }
}
