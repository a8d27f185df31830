// SPDX-License-Identifier: MIT
import QtQuick

Text {
    property bool dim: false

    color: dim ? Theme.dim : Theme.text
    font.pixelSize: dim ? Theme.small : Theme.normal
    textFormat: Text.PlainText // the names of files come from elsewhere
    elide: Text.ElideRight
    maximumLineCount: wrapMode === Text.NoWrap ? 1 : 10
}
