// SPDX-License-Identifier: MIT
pragma Singleton

import QtQml

/// Figures in words.
QtObject {
    /// A text that changes all the time keeps its width.
    function bytes(count) { return Qt.locale().formattedDataSize(count, count < 1000 ? 0 : 1, Locale.DataSizeSIFormat) }
    function number(count) { return Number(count).toLocaleString(Qt.locale(), "f", 0) }
    function seconds(count) { return qsTr("%1 s").arg(Number(count).toLocaleString(Qt.locale(), "f", 1)) }
    function percent(share) { return qsTr("%1 %").arg(Math.floor(100 * share)) }

    function files(count) { return count === 1 ? qsTr("1 file") : qsTr("%1 files").arg(number(count)) }
    function groups(count) { return count === 1 ? qsTr("1 group") : qsTr("%1 groups").arg(number(count)) }
    function duplicates(count) { return count === 1 ? qsTr("1 duplicate") : qsTr("%1 duplicates").arg(number(count)) }
}
