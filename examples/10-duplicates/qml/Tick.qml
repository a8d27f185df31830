// SPDX-License-Identifier: MIT
import QtQuick

/// A box with a tick, which only shows: who hears of toggled() decides.
Rectangle {
    id: tick

    property bool checked: false
    signal toggled()

    implicitWidth: Math.round(Theme.normal * 1.3)
    implicitHeight: implicitWidth
    radius: 4
    color: checked ? Theme.accent : "transparent"
    border { color: checked ? Theme.accent : Theme.dim; width: 1.5 }
    Accessible.role: Accessible.CheckBox
    Accessible.checked: checked
    Accessible.onToggleAction: toggled()

    Text {
        anchors.centerIn: parent
        visible: tick.checked
        text: "✓"
        color: Theme.accentText
        font { pixelSize: Theme.normal; weight: Font.Bold }
    }
    TapHandler {
        margin: 8
        gesturePolicy: TapHandler.ReleaseWithinBounds
        onTapped: tick.toggled()
    }
}
