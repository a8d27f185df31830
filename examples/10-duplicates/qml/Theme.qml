// SPDX-License-Identifier: MIT
pragma Singleton

import QtQuick
import Duplicates

/// Colours and measures. Dark or light as the system's palette is, unless somebody chose.
Item {
    property string choice // "dark", "light", or nothing
    readonly property bool systemIsDark: system.window.hslLightness < system.windowText.hslLightness
    readonly property bool dark: choice === "" ? systemIsDark : choice === "dark"

    readonly property color window: dark ? "#14161a" : "#f3f4f7"
    readonly property color surface: dark ? "#1c1f25" : "#ffffff"
    readonly property color raised: dark ? "#272b33" : "#eceef2"
    readonly property color hovered: dark ? "#22262d" : "#f5f6f9"
    readonly property color line: dark ? "#2b3038" : "#e2e5ea"
    readonly property color text: dark ? "#e9ebf0" : "#1b1f27"
    readonly property color dim: dark ? "#9aa2b1" : "#5d6675"
    readonly property color accent: dark ? "#74a7ff" : "#2b6be4"
    readonly property color accentText: dark ? "#0d1420" : "#ffffff"
    readonly property color accentSoft: Qt.alpha(accent, dark ? 0.16 : 0.10)
    readonly property color good: dark ? "#62d0a0" : "#15865a"
    readonly property color waiting: dark ? "#e3b866" : "#9a6700"
    readonly property color bad: dark ? "#ff8087" : "#c9323f"
    readonly property color same: dark ? "#bda3ff" : "#7448d8"

    // Sizes of letters, and what has to have room for them, follow the application's font.
    readonly property int normal: Desktop.fontPixels
    readonly property int small: Math.round(normal * 0.88)
    readonly property int large: Math.round(normal * 2.1)
    readonly property int control: Math.round(normal * 2.7)
    readonly property int row: Math.round(normal * 3.5)
    readonly property int gap: 12
    readonly property int radius: 10

    SystemPalette { id: system }
}
