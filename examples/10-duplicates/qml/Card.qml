// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

/// A quiet frame around what belongs together.
Rectangle {
    id: card

    default property alias content: column.data
    property alias spacing: column.spacing
    property int padding: Theme.gap

    implicitHeight: column.implicitHeight + 2 * padding
    implicitWidth: column.implicitWidth + 2 * padding
    radius: Theme.radius
    color: Theme.surface
    border.color: Theme.line

    ColumnLayout {
        id: column
        anchors { fill: parent; margins: card.padding }
        spacing: 6
    }
}
