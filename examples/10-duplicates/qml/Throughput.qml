// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// Bytes per second over the last 30 s.
Card {
    id: plot

    property real bytes: 0
    property bool running: false
    readonly property int interval: 500
    readonly property int count: 30000 / interval
    property var history: []
    property real now: 0
    readonly property real peak: Math.max(1, ...history)

    function reset() {
        history = []
        now = 0
        sampler.last = bytes
        sampler.lastTime = Date.now()
    }
    onRunningChanged: if (!running) sampler.sample()

    Timer {
        id: sampler
        property real last: 0
        property real lastTime: Date.now()
        interval: plot.interval
        running: plot.running
        repeat: true
        onTriggered: sample()

        function sample() {
            const time = Date.now()
            if (time - lastTime < interval / 2)
                return
            plot.now = Math.max(0, plot.bytes - last) / (time - lastTime) * 1000
            plot.history = [...plot.history.slice(1 - plot.count), plot.now]
            last = plot.bytes
            lastTime = time
        }
    }

    RowLayout {
        Caption {
            Layout.fillWidth: true
            dim: true
            text: qsTr("Throughput")
        }
        Caption {
            text: plot.running ? qsTr("%1/s").arg(Words.bytes(plot.now)) : ""
            font.weight: Font.DemiBold
        }
    }
    Item {
        id: area
        Layout.fillWidth: true
        Layout.fillHeight: true
        implicitHeight: 4 * Theme.normal

        Repeater {
            model: 3
            Rectangle {
                required property int index
                y: Math.round(index * (area.height - 1) / 2)
                width: area.width
                height: 1
                color: Theme.line
            }
        }
        Repeater {
            model: plot.count
            Rectangle {
                required property int index
                readonly property real value: plot.history[index - plot.count + plot.history.length] || 0
                readonly property real step: area.width / plot.count
                x: index * step
                width: Math.max(1, step - 1.5)
                height: area.height * value / plot.peak
                y: area.height - height
                radius: 1
                color: Theme.accent
                opacity: 0.45 + 0.55 * index / plot.count
            }
        }
    }
    RowLayout {
        Caption {
            Layout.fillWidth: true
            dim: true
            text: qsTr("30 s ago")
        }
        Caption {
            dim: true
            text: plot.history.length ? qsTr("at most %1/s").arg(Words.bytes(plot.peak)) : ""
        }
    }
}
