// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// How far the run is, how fast, and how many files are hashed at a time. It scrolls where there is no
/// room for all of it.
ScrollView {
    id: panel

    required property Run run

    contentWidth: availableWidth
    ScrollBar.vertical: Scroller { parent: panel; x: panel.width - width; height: panel.height }

    Connections {
        target: panel.run
        function onStarted() { throughput.reset() }
    }
    ColumnLayout {
        width: panel.availableWidth
        height: Math.max(implicitHeight, panel.availableHeight)
        spacing: Theme.gap

        ProgressCard {
            objectName: "progressCard"
            Layout.fillWidth: true
            run: panel.run
        }
        Throughput {
            id: throughput
            objectName: "throughputCard"
            Layout.fillWidth: true
            Layout.fillHeight: true
            bytes: panel.run.finder.hashedBytes
            running: panel.run.state === Run.Running
        }
        WorkersCard {
            objectName: "workersCard"
            Layout.fillWidth: true
            run: panel.run
        }
    }
}
