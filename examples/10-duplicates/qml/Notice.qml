// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// A word about what has been done, with a way back if there is one.
Rectangle {
    id: notice

    property string text
    property bool alarming: false
    property string action
    signal acted()
    signal closed()

    implicitHeight: content.implicitHeight + 12
    visible: text !== ""
    radius: Theme.radius - 2
    color: Theme.raised
    border.color: alarming ? Theme.bad : Theme.line

    RowLayout {
        id: content
        anchors { fill: parent; leftMargin: 10; rightMargin: 6 }
        spacing: 6
        Caption {
            Layout.fillWidth: true
            text: notice.text
            color: notice.alarming ? Theme.bad : Theme.text
            wrapMode: Text.WrapAtWordBoundaryOrAnywhere
            maximumLineCount: 3
        }
        PushButton {
            visible: notice.action !== ""
            text: notice.action
            hint: qsTr("Move back what was moved to the trash (Ctrl+Z)")
            onClicked: notice.acted()
        }
        PushButton {
            text: "×"
            hint: qsTr("Close this notice")
            onClicked: notice.closed()
        }
    }
}
