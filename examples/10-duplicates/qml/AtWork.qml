// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import QFerry
import Duplicates

/// Some of the files that are being hashed. It looks now and then: small files come and go faster than
/// anybody can read.
ListView {
    id: list

    required property Instantiator tasks
    required property ThreadStreamModel source
    property bool running: false
    property int most: 1 // at a time; the others wait for a token
    property var files: []

    implicitHeight: 3 * 40
    clip: true
    interactive: false
    spacing: 2
    model: files

    Timer {
        interval: 250
        repeat: true
        running: list.running
        triggeredOnStart: true
        onTriggered: {
            const files = []
            for (let i = 0; i < list.tasks.count; ++i) {
                const task = list.tasks.objectAt(i)
                if (task.busy && files.length < list.most)
                    files.push(list.source.get(task.row))
            }
            list.files = files
        }
    }
    onRunningChanged: if (!running) files = []

    Caption {
        anchors.centerIn: parent
        dim: true
        visible: !list.running
        text: qsTr("Nothing is being hashed")
    }

    delegate: ColumnLayout {
        id: row

        required property FoundFile modelData

        width: list.width
        height: 38
        visible: y + height <= list.height // whole ones
        spacing: 3
        RowLayout {
            Layout.topMargin: 4
            Caption {
                Layout.fillWidth: true
                text: row.modelData ? row.modelData.name : ""
                font.pixelSize: 12
                elide: Text.ElideMiddle
            }
            Caption {
                dim: true
                text: row.modelData ? Theme.bytes(row.modelData.size) : ""
            }
        }
        Bar {
            Layout.fillWidth: true
            implicitHeight: 3
            value: row.modelData ? row.modelData.progress : 0
        }
    }
}
