// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import QtQuick.Layouts
import QFerry

/// What runs: a list of calls and tasks, the stuck ones on top, with a button to cancel each, and gauges of
/// limiters and streams. It looks only while it is visible. Needs Qt Quick Controls and Layouts.
Pane {
    id: panel

    /// What it shows; its own, unless another one is given.
    property TaskMonitor monitor: TaskMonitor { active: panel.visible }

    readonly property int unlimited: 2147483647 // CapacityLimiter.unlimited

    implicitWidth: 420
    implicitHeight: 360
    Accessible.name: qsTr("Tasks")

    function timeText(seconds) {
        if (seconds < 0)
            return "";
        if (seconds < 60)
            return qsTr("%1 s").arg(seconds.toFixed(1));
        return Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");
    }

    contentItem: ColumnLayout {
        spacing: 8

        Label {
            Layout.fillWidth: true
            text: panel.monitor.count === 0
                  ? qsTr("Nothing runs")
                  : qsTr("%1 running, %2 waiting").arg(panel.monitor.running).arg(panel.monitor.waiting)
                    + (panel.monitor.stuck > 0 ? qsTr(", %1 stuck").arg(panel.monitor.stuck) : "")
            font.bold: true
            elide: Text.ElideRight
        }

        ListView {
            id: list
            Layout.fillWidth: true
            Layout.fillHeight: true
            model: panel.monitor
            clip: true
            spacing: 2
            activeFocusOnTab: true
            boundsBehavior: Flickable.StopAtBounds
            ScrollBar.vertical: ScrollBar {}

            delegate: ItemDelegate {
                id: row
                required property int index
                required property string name
                required property string stateText
                required property double progress
                required property string progressText
                required property double seconds
                required property string limiter
                required property string thread
                required property double threadId
                required property bool running
                required property bool stuck
                required property bool cancelRequested

                width: ListView.view.width - (list.ScrollBar.vertical.visible ? list.ScrollBar.vertical.width : 0)
                highlighted: ListView.isCurrentItem && list.activeFocus
                hoverEnabled: true
                Accessible.name: name + ", " + stateText
                ToolTip.visible: hovered && (nameLabel.truncated || stuck)
                ToolTip.delay: 500
                ToolTip.text: stuck ? qsTr("%1 was asked to end and runs on, in thread %2 (%3)")
                                      .arg(name).arg(thread).arg(threadId)
                                    : name
                Keys.onDeletePressed: panel.monitor.cancelRow(index)

                contentItem: RowLayout {
                    spacing: 8

                    ColumnLayout {
                        Layout.fillWidth: true
                        spacing: 2

                        Label {
                            id: nameLabel
                            Layout.fillWidth: true
                            text: row.name
                            elide: Text.ElideMiddle
                        }
                        ProgressBar {
                            Layout.fillWidth: true
                            Layout.preferredHeight: 6
                            visible: row.progress >= 0
                            value: row.progress
                        }
                        Label {
                            Layout.fillWidth: true
                            text: [row.stuck ? qsTr("stuck in thread %1 (%2)").arg(row.thread).arg(row.threadId)
                                             : row.stateText,
                                   row.limiter, row.progressText].filter(part => part).join(" · ")
                            font.pointSize: nameLabel.font.pointSize * 0.85
                            opacity: row.stuck ? 1 : 0.75
                            font.bold: row.stuck
                            elide: Text.ElideRight
                        }
                    }
                    Label {
                        text: panel.timeText(row.seconds)
                        horizontalAlignment: Text.AlignRight
                    }
                    ToolButton {
                        text: "✕"
                        enabled: !row.cancelRequested
                        Accessible.name: qsTr("Cancel %1").arg(row.name)
                        ToolTip.visible: hovered
                        ToolTip.delay: 500
                        ToolTip.text: qsTr("Cancel")
                        onClicked: panel.monitor.cancelRow(row.index)
                    }
                }
            }
        }

        Repeater {
            model: panel.monitor.limiters.filter(limiter => limiter.borrowed > 0 || limiter.waiting > 0)

            RowLayout {
                id: limiter
                required property var modelData
                Layout.fillWidth: true

                Label {
                    Layout.preferredWidth: panel.availableWidth / 3
                    text: limiter.modelData.name || qsTr("a limiter")
                    elide: Text.ElideRight
                }
                ProgressBar {
                    Layout.fillWidth: true
                    Layout.preferredHeight: 6
                    to: Math.max(1, limiter.modelData.total)
                    value: limiter.modelData.borrowed
                }
                Label {
                    text: (limiter.modelData.total === panel.unlimited
                           ? String(limiter.modelData.borrowed)
                           : qsTr("%1 of %2").arg(limiter.modelData.borrowed).arg(limiter.modelData.total))
                          + (limiter.modelData.waiting > 0 ? qsTr(", %1 wait").arg(limiter.modelData.waiting) : "")
                }
            }
        }

        Repeater {
            model: panel.monitor.streams.filter(stream => stream.callId > 0)

            RowLayout {
                id: stream
                required property var modelData
                Layout.fillWidth: true

                Label {
                    Layout.preferredWidth: panel.availableWidth / 3
                    text: stream.modelData.name || qsTr("a stream")
                    elide: Text.ElideRight
                }
                ProgressBar {
                    Layout.fillWidth: true
                    Layout.preferredHeight: 6
                    to: Math.max(1, stream.modelData.capacity)
                    value: stream.modelData.inside
                }
                Label {
                    text: stream.modelData.waitingProducers > 0 ? qsTr("full, %1 taken").arg(stream.modelData.taken)
                                                                : qsTr("%1 taken").arg(stream.modelData.taken)
                }
            }
        }
    }
}
