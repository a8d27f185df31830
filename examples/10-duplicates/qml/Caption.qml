// SPDX-License-Identifier: MIT
import QtQuick

/// A text; if there is no room for all of it, a tool tip has it.
Text {
    id: caption

    property bool dim: false
    /// What the tool tip says instead.
    property string full: text

    color: dim ? Theme.dim : Theme.text
    font.pixelSize: dim ? Theme.small : Theme.normal
    textFormat: Text.PlainText // the names of files come from elsewhere
    elide: Text.ElideRight
    maximumLineCount: wrapMode === Text.NoWrap ? 1 : 10

    HoverHandler {
        id: hover
        enabled: caption.truncated
    }
    Loader { // few of them are ever looked at so closely
        active: hover.hovered && caption.truncated
        sourceComponent: Hint {
            parent: caption
            width: Math.min(implicitWidth, 36 * Theme.normal)
            text: caption.full
            visible: true
        }
    }
}
