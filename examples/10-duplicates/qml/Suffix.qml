// SPDX-License-Identifier: MIT
import QtQuick

/// A small badge in a colour of its own for each kind of file.
Rectangle {
    property alias text: label.text
    readonly property real hue: Array.from(text).reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 360, 11) / 360

    implicitWidth: Math.round(Theme.normal * 2.4)
    implicitHeight: implicitWidth
    radius: Theme.radius - 2
    color: text === "" ? Theme.raised : Qt.hsla(hue, Theme.dark ? 0.32 : 0.6, Theme.dark ? 0.24 : 0.92, 1)

    Column { // a page, for those without
        anchors.centerIn: parent
        spacing: 3
        visible: parent.text === ""
        Repeater {
            model: [12, 12, 7]
            Rectangle {
                required property int modelData
                width: modelData
                height: 2
                radius: 1
                color: Theme.dim
                opacity: 0.5
            }
        }
    }
    Text {
        id: label
        anchors { fill: parent; margins: 2 }
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        textFormat: Text.PlainText
        font { pixelSize: Math.round(Theme.normal * 0.78); weight: Font.DemiBold }
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: 6
        color: Qt.hsla(parent.hue, 0.5, Theme.dark ? 0.76 : 0.34, 1)
    }
}
