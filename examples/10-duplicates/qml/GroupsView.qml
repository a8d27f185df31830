// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// The groups of equal files, and what there is to be won.
ColumnLayout {
    id: view

    required property Run run

    spacing: 6

    RowLayout {
        Layout.margins: 8
        Layout.bottomMargin: 4
        spacing: 10
        Caption {
            text: Theme.bytes(view.run.finder.spaceToWin)
            font { pixelSize: Theme.large; weight: Font.DemiBold }
            color: view.run.finder.spaceToWin > 0 ? Theme.same : Theme.dim
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
                text: qsTr("%1 duplicates in %2 groups").arg(Theme.number(view.run.finder.duplicateCount))
                        .arg(Theme.number(view.run.finder.groupCount))
            }
        }
    }
    Rows {
        property string openPaths // the first path of the group that shows all

        Layout.fillWidth: true
        Layout.fillHeight: true
        model: view.run.finder
        delegate: GroupRow {}
        emptyText: [qsTr("Files that are equal will be listed here."), "", view.run.finder.failures.length ? qsTr("No two of the files that could be read are equal.") : qsTr("No two files are equal."), "", view.run.error][view.run.state]
    }
}
