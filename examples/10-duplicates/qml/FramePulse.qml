// SPDX-License-Identifier: MIT
import QtQuick

/// Always moving, with the time from frame to frame: work in the window's thread would show here.
Row {
    id: pulse

    property real typical: 0
    property real worst: 0
    /// In milliseconds, of each of the last ten seconds.
    property var worstOfSeconds: []

    spacing: 10

    FrameAnimation {
        id: frames
        property real worst: 0
        running: true
        onTriggered: if (currentFrame > 10) worst = Math.max(worst, frameTime * 1000) // not how long the window took to open
    }
    Timer {
        interval: 1000
        running: true
        repeat: true
        onTriggered: {
            pulse.typical = frames.smoothFrameTime * 1000
            pulse.worstOfSeconds = [...pulse.worstOfSeconds.slice(-9), frames.worst]
            pulse.worst = Math.max(...pulse.worstOfSeconds)
            frames.worst = 0
        }
    }

    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        width: 64
        height: 4
        radius: 2
        color: Theme.raised
        Rectangle {
            readonly property real way: (1 - Math.cos(frames.elapsedTime * 2.4)) / 2
            x: way * (parent.width - width)
            width: 16
            height: 4
            radius: 2
            color: Theme.good
        }
    }
    Caption {
        anchors.verticalCenter: parent.verticalCenter
        dim: true
        text: pulse.typical === 0 ? "" : qsTr("%1 ms per frame, at most %2 ms in the last 10 s")
                .arg(pulse.typical.toFixed(1)).arg(pulse.worst.toFixed(1))
    }
}
