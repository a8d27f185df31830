// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Duplicates

/// Before there is a folder: what this is, and where to begin.
ScrollView {
    id: page

    signal browse()
    signal chosen(string folder)

    contentWidth: availableWidth
    ScrollBar.vertical: Scroller { parent: page; x: page.width - width; height: page.height }

    ColumnLayout {
        width: page.availableWidth
        height: Math.max(implicitHeight, page.availableHeight)
        spacing: Theme.gap

        Item { Layout.fillHeight: true }
        Row { // two that are equal
            Layout.alignment: Qt.AlignHCenter
            Layout.bottomMargin: Theme.gap
            spacing: -Theme.normal
            Repeater {
                model: 2
                Rectangle {
                    required property int index
                    width: 4 * Theme.normal
                    height: 5 * Theme.normal
                    y: index * Theme.normal
                    radius: Theme.radius
                    color: index ? Theme.accent : Theme.surface
                    border { color: Theme.accent; width: 2 }
                }
            }
        }
        Caption {
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("Find files that are equal")
            font { pixelSize: Theme.large; weight: Font.DemiBold }
            wrapMode: Text.Wrap
        }
        Caption {
            Layout.alignment: Qt.AlignHCenter
            Layout.maximumWidth: Math.min(34 * Theme.normal, page.availableWidth - 40)
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("Choose a folder, or drop one here. Its files are compared, whatever their names; nothing is changed until you say so.")
            color: Theme.dim
            wrapMode: Text.Wrap
            lineHeight: 1.3
        }
        PushButton {
            objectName: "browse"
            Layout.alignment: Qt.AlignHCenter
            Layout.topMargin: Theme.gap
            primary: true
            focus: true
            text: qsTr("Choose a folder …")
            hint: qsTr("Choose the folder that is searched (Ctrl+O)")
            onClicked: page.browse()
        }
        Flow {
            Layout.alignment: Qt.AlignHCenter
            Layout.maximumWidth: page.availableWidth - 40
            spacing: 8
            Repeater {
                model: Desktop.places()
                PushButton {
                    required property var modelData
                    text: modelData.name
                    hint: modelData.path
                    onClicked: page.chosen(modelData.path)
                }
            }
        }
        Item { Layout.fillHeight: true }
    }
}
