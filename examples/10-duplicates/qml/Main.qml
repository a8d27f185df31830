// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Dialogs
import QtQuick.Layouts
import Duplicates

ApplicationWindow {
    id: window

    property alias folder: work.folder
    property string colours
    /// How many percent of a run are enough to leave; 0 to stay.
    property int leaveAt: 0
    readonly property alias run: work
    readonly property alias finder: work.finder
    readonly property bool isWide: width >= 84 * Theme.normal
    readonly property bool isNarrow: width < 62 * Theme.normal
    readonly property bool hasFolder: work.folder !== ""

    function open(folder) {
        if (folder === "")
            return
        work.folder = folder
        work.start()
    }

    visible: true
    minimumWidth: 640
    minimumHeight: 480
    title: work.folder
    color: Theme.window
    onColoursChanged: Theme.choice = colours
    Component.onCompleted: if (hasFolder) work.start()

    // For what is not drawn here: menus, and the dialog where the system has none.
    palette {
        window: Theme.surface
        windowText: Theme.text
        base: Theme.window
        alternateBase: Theme.raised
        text: Theme.text
        button: Theme.raised
        buttonText: Theme.text
        brightText: Theme.text
        highlight: Theme.accent
        highlightedText: Theme.accentText
        light: Theme.raised
        midlight: Theme.hovered
        mid: Theme.line
        dark: Theme.dim
        link: Theme.accent
        toolTipBase: Theme.raised
        toolTipText: Theme.text
        placeholderText: Theme.dim
    }

    Run {
        id: work
    }
    Timer {
        interval: 1200 // for what moves to come to rest
        running: window.leaveAt > 0 && (work.state === Run.Done || work.state === Run.Failed || !window.hasFolder
                                        || 100 * work.share > window.leaveAt)
        onTriggered: Qt.quit()
    }

    Shortcut {
        sequences: [StandardKey.Open]
        onActivated: dialog.open()
    }
    Shortcut {
        sequences: [StandardKey.Find]
        enabled: window.hasFolder
        onActivated: bar.search()
    }
    Shortcut {
        sequences: [StandardKey.Refresh]
        enabled: window.hasFolder
        onActivated: work.start()
    }
    Shortcut {
        sequences: [StandardKey.Cancel]
        enabled: work.state === Run.Running
        onActivated: work.cancel()
    }
    Shortcut {
        sequences: [StandardKey.Undo]
        onActivated: groupsView.undo()
    }

    FolderDialog {
        id: dialog
        title: qsTr("Which folder shall be searched?")
        onAccepted: window.open(Desktop.folderOf(selectedFolder))
    }
    DropArea {
        anchors.fill: parent
        onDropped: drop => {
            if (drop.hasUrls)
                window.open(Desktop.folderOf(drop.urls[0]))
        }
    }

    header: TopBar {
        id: bar
        run: work
        slim: window.isNarrow
        onBrowse: dialog.open()
        onListWanted: filesView.focusList()
        onSearchedChanged: if (searched !== "") tabs.show("files")
    }

    StartPage {
        anchors.fill: parent
        visible: !window.hasFolder
        focus: visible
        onBrowse: dialog.open()
        onChosen: folder => window.open(folder)
    }
    RowLayout {
        anchors { fill: parent; margins: Theme.gap }
        spacing: Theme.gap
        visible: window.hasFolder

        Card {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 400
            padding: 8

            Tabs {
                id: tabs
                Layout.fillWidth: true
                pages: [...(window.isWide ? [] : [groupsPage]), filesPage, ...(window.isNarrow ? [progressPage] : []),
                        ...(work.finder.failures.length ? [errorsPage] : [])]

                readonly property var groupsPage: ({ key: "groups", title: qsTr("Duplicates"), count: work.finder.groups.duplicateCount })
                readonly property var filesPage: ({ key: "files", title: filesView.filtered ? qsTr("Found") : qsTr("Files"), count: filesView.count })
                readonly property var errorsPage: ({ key: "errors", title: qsTr("Errors"), alarming: true, count: work.finder.failures.length })
                readonly property var progressPage: ({ key: "progress", title: qsTr("Progress") })
            }
            Item {
                id: pages
                Layout.fillWidth: true
                Layout.fillHeight: true

                FilesView {
                    id: filesView
                    anchors.fill: parent
                    visible: tabs.current === "files"
                    run: work
                    text: bar.searched
                }
                Rows {
                    anchors.fill: parent
                    visible: tabs.current === "errors"
                    model: work.finder.failures
                    delegate: FileRow {}
                }
                GroupsView {
                    id: groupsView
                    parent: window.isWide ? wideGroups : pages
                    anchors.fill: parent
                    visible: window.isWide || tabs.current === "groups"
                    run: work
                }
                SidePanel {
                    parent: window.isNarrow ? pages : side
                    anchors.fill: parent
                    visible: !window.isNarrow || tabs.current === "progress"
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
        Item {
            id: side
            visible: !window.isNarrow
            Layout.preferredWidth: 21 * Theme.normal
            Layout.maximumWidth: 21 * Theme.normal
            Layout.fillHeight: true
        }
    }

    footer: Rectangle {
        implicitHeight: Math.round(Theme.control * 0.9)
        color: Theme.surface

        Rectangle {
            width: parent.width
            height: 1
            color: Theme.line
        }
        RowLayout {
            anchors { fill: parent; leftMargin: Theme.gap + 2; rightMargin: Theme.gap + 2 }
            FramePulse { Layout.fillWidth: true }
            Caption {
                dim: true
                text: qsTr("Hashed in workers by QFerry")
            }
        }
    }
}
