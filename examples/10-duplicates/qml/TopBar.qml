// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// The folder, what is done with it, and the search.
Rectangle {
    id: bar

    required property Run run
    property bool slim: false
    property alias searched: field.text
    readonly property bool hasFolder: run.folder !== ""
    signal browse()
    signal listWanted()

    function search() { field.forceActiveFocus() }

    implicitHeight: Theme.control + 24
    color: Theme.surface

    Rectangle {
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        height: 1
        color: Theme.line
    }
    Bar { // where nothing else has room
        visible: bar.slim
        anchors { left: parent.left; right: parent.right; bottom: parent.bottom }
        implicitHeight: 2
        color: "transparent"
        value: bar.run.state === Run.Running ? bar.run.share : 0
    }
    RowLayout {
        anchors { fill: parent; leftMargin: Theme.gap; rightMargin: Theme.gap }
        spacing: 8

        PushButton {
            visible: bar.hasFolder
            Layout.fillWidth: true
            Layout.minimumWidth: 5 * Theme.normal
            Layout.maximumWidth: Math.ceil(implicitWidth) + 1
            text: bar.run.folder
            hint: qsTr("%1\nChoose another folder (Ctrl+O)").arg(bar.run.folder)
            onClicked: bar.browse()
        }
        PushButton {
            id: main
            objectName: "main"
            visible: bar.hasFolder
            primary: bar.run.state !== Run.Running
            text: [qsTr("Start"), qsTr("Cancel"), qsTr("Again"), qsTr("Resume"), qsTr("Again")][bar.run.state]
            hint: [qsTr("Search the folder (F5)"), qsTr("Stop here, and keep what was found (Esc)"), qsTr("Search the folder anew (F5)"),
                   qsTr("Go on with the files that are left"), qsTr("Search the folder anew (F5)")][bar.run.state]
            onClicked: {
                if (bar.run.state === Run.Running)
                    bar.run.cancel()
                else if (bar.run.state === Run.Canceled)
                    bar.run.resume()
                else
                    bar.run.start()
            }
        }
        PushButton {
            visible: bar.run.state === Run.Canceled
            text: qsTr("Start anew")
            hint: qsTr("Search the folder anew (F5)")
            onClicked: bar.run.start()
        }
        Item { Layout.fillWidth: true }
        SearchField {
            id: field
            objectName: "search"
            visible: bar.hasFolder
            Layout.preferredWidth: 18 * Theme.normal
            Layout.minimumWidth: 8 * Theme.normal
            placeholderText: qsTr("Find a file (Ctrl+F)")
            Keys.onDownPressed: bar.listWanted()
        }
        PushButton {
            text: Theme.dark ? qsTr("Light") : qsTr("Dark")
            hint: Theme.dark ? qsTr("Dark letters on light") : qsTr("Light letters on dark")
            onClicked: Theme.choice = Theme.dark ? "light" : "dark"
        }
    }
}
