// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import QFerry
import Duplicates

/// The files that are being hashed, each with a worker of its own. It looks now and then: small files
/// come and go faster than anybody can read.
ListView {
    id: list

    required property Run run
    readonly property bool running: run.busy > 0
    readonly property int row: Math.round(Theme.row * 0.85)
    property var files: []

    implicitHeight: Math.max(run.tokens, files.length, 1) * row
    interactive: false
    model: files

    Timer {
        interval: 250
        repeat: true
        running: list.running
        triggeredOnStart: true
        onTriggered: {
            const files = []
            for (let i = 0; i < list.run.hashes.count; ++i) {
                const task = list.run.hashes.objectAt(i)
                if (task.busy && task.status === ThreadTask.Running) // others wait for a token
                    files.push(list.run.files.get(task.row))
            }
            list.files = files
        }
    }
    onRunningChanged: if (!running) files = []

    Caption {
        width: parent.width
        height: list.row
        verticalAlignment: Text.AlignVCenter
        dim: true
        visible: !list.running
        text: qsTr("Nothing is being hashed")
    }

    delegate: ColumnLayout {
        id: file

        required property FoundFile modelData

        width: list.width
        height: list.row
        spacing: 3
        RowLayout {
            Layout.topMargin: 4
            Caption {
                Layout.fillWidth: true
                text: file.modelData ? file.modelData.name : ""
                full: file.modelData ? file.modelData.path : ""
                font.pixelSize: Theme.small
                elide: Text.ElideMiddle
            }
            Caption {
                dim: true
                text: file.modelData ? Words.bytes(file.modelData.size) : ""
            }
        }
        Bar {
            Layout.fillWidth: true
            implicitHeight: 3
            value: file.modelData ? file.modelData.progress : 0
        }
    }
}
