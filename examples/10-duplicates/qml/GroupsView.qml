// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Duplicates

/// The groups of equal files, what there is to be won, and how it is won.
ColumnLayout {
    id: groupsView

    required property Run run
    readonly property DuplicateGroups groups: run.finder.groups
    property string notice

    function moveToTrash() {
        notice = ""
        trash.moveSelected()
    }
    function undo() { trash.undo() }

    spacing: 6

    Trash {
        id: trash
        objectName: "trash"
        groups: groupsView.groups
    }
    FileMenu {
        id: fileMenu
        onFailed: text => groupsView.notice = text
    }

    RowLayout {
        Layout.margins: 8
        Layout.bottomMargin: 0
        spacing: 10
        Caption {
            text: Words.bytes(groupsView.groups.space)
            font { pixelSize: Theme.large; weight: Font.DemiBold }
            color: groupsView.groups.space > 0 ? Theme.same : Theme.dim
        }
        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true
            Caption {
                Layout.fillWidth: true
                text: qsTr("to be won")
            }
            Caption {
                Layout.fillWidth: true
                dim: true
                text: qsTr("%1 in %2").arg(Words.duplicates(groupsView.groups.duplicateCount)).arg(Words.groups(groupsView.groups.groupCount))
            }
        }
        Choice {
            objectName: "groupOrder"
            visible: groupsView.groups.groupCount > 1
            hint: qsTr("What the groups are sorted by")
            model: [qsTr("Most to be won"), qsTr("Largest files"), qsTr("Name")]
            onActivated: index => groupsView.groups.order = index
        }
    }
    Flow {
        Layout.fillWidth: true
        Layout.leftMargin: 8
        Layout.rightMargin: 8
        spacing: 6
        visible: groupsView.groups.groupCount > 0

        PushButton {
            objectName: "selectAllButOne"
            text: qsTr("Select all but one")
            hint: qsTr("Of each group all files but the one with the shortest path")
            onClicked: groupsView.groups.selectAllButOne()
        }
        PushButton {
            visible: groupsView.groups.selectedCount > 0
            text: qsTr("Select none")
            hint: qsTr("Take back what is selected")
            onClicked: groupsView.groups.selectNone()
        }
        PushButton {
            objectName: "moveToTrash"
            visible: groupsView.groups.selectedCount > 0 || trash.busy
            primary: true
            text: trash.busy ? qsTr("Stop (%1)").arg(Words.percent(trash.progress))
                             : qsTr("Move %1 to the trash").arg(Words.files(groupsView.groups.selectedCount))
            hint: trash.busy ? qsTr("Leave the other files where they are")
                             : qsTr("%1 less; one file of each group stays (Del)").arg(Words.bytes(groupsView.groups.selectedBytes))
            onClicked: trash.busy ? trash.cancel() : groupsView.moveToTrash()
        }
    }
    Notice {
        Layout.fillWidth: true
        Layout.leftMargin: 8
        Layout.rightMargin: 8
        readonly property string moved: trash.movedCount === 0 ? ""
                : trash.restored ? qsTr("%1 moved back.").arg(Words.files(trash.movedCount))
                : qsTr("%1 moved to the trash.").arg(Words.files(trash.movedCount))
        readonly property string failed: trash.errors.length === 0 ? ""
                : trash.errors.length === 1 ? qsTr("Not moved: %1").arg(trash.errors[0])
                : qsTr("%1 not moved. The first: %2").arg(Words.files(trash.errors.length)).arg(trash.errors[0])
        text: groupsView.notice !== "" ? groupsView.notice : trash.busy ? "" : [moved, failed].filter(part => part !== "").join(" ")
        alarming: groupsView.notice !== "" || failed !== ""
        action: trash.undoCount > 0 && !trash.busy && groupsView.notice === "" ? qsTr("Undo") : ""
        onActed: trash.undo()
        onClosed: {
            groupsView.notice = ""
            trash.dismiss()
        }
    }
    Rows {
        objectName: "groups"
        Layout.fillWidth: true
        Layout.fillHeight: true
        model: groupsView.groups
        delegate: GroupRow {
            groups: groupsView.groups
            menu: fileMenu
            onRefused: groupsView.notice = qsTr("One file of each group stays: take back another one first.")
        }
        emptyText: [qsTr("Files that are equal will be listed here."), qsTr("Looking for files that are equal …"),
                    groupsView.run.finder.failures.length ? qsTr("No two of the files that could be read are equal.") : qsTr("No two files are equal."),
                    qsTr("No two files that were compared are equal."), groupsView.run.error][groupsView.run.state]
        Keys.onDeletePressed: groupsView.moveToTrash()
    }
}
