// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

Slider {
    id: slider

    implicitHeight: Math.round(Theme.normal * 1.9)
    stepSize: 1
    snapMode: Slider.SnapAlways

    background: Bar {
        x: slider.leftPadding
        y: slider.topPadding + (slider.availableHeight - height) / 2
        width: slider.availableWidth
        value: slider.visualPosition
    }
    handle: Rectangle {
        x: slider.leftPadding + slider.visualPosition * (slider.availableWidth - width)
        y: slider.topPadding + (slider.availableHeight - height) / 2
        width: 18
        height: 18
        radius: 9
        color: Theme.dark ? Theme.text : Theme.surface
        border { color: Theme.accent; width: slider.pressed ? 5 : 4 }
        FocusRing { shown: slider.visualFocus }
    }
}
