// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

/// One of several views: pages is a list of { key, title, count }.
TabBar {
    id: bar

    property var pages: []
    readonly property string current: pages[currentIndex] ? pages[currentIndex].key : ""

    // Pages may come and go before the current one.
    property string remembered
    onCurrentIndexChanged: remembered = current
    onPagesChanged: Qt.callLater(show, remembered)

    function show(key) {
        const index = pages.findIndex(page => page.key === key)
        if (index >= 0)
            currentIndex = index
    }

    implicitHeight: Math.round(Theme.control * 0.9)
    spacing: 4
    background: null

    Repeater {
        model: bar.pages.length

        TabButton {
            id: button

            required property int index
            readonly property var page: bar.pages[index]

            text: page.title
            width: implicitWidth
            height: bar.height
            leftPadding: 12
            rightPadding: 12
            font.pixelSize: Theme.normal
            contentItem: Row {
                spacing: 7
                Caption {
                    anchors.verticalCenter: parent.verticalCenter
                    text: button.text
                    color: button.checked ? Theme.text : Theme.dim
                    font.weight: button.checked ? Font.DemiBold : Font.Normal
                }
                Caption {
                    anchors.verticalCenter: parent.verticalCenter
                    text: button.page.count === undefined ? "" : Words.number(button.page.count)
                    dim: true
                    color: button.page.alarming && button.page.count > 0 ? Theme.bad : Theme.dim
                }
            }
            background: Rectangle {
                radius: Theme.radius - 2
                color: button.checked ? Theme.raised : button.hovered ? Theme.hovered : "transparent"
                FocusRing { shown: button.visualFocus }
            }
        }
    }
}
