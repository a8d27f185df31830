// SPDX-License-Identifier: MIT
import QtQml
import QFerry
import Duplicates

/// Hashes one file after the other, for as long as the finder has some.
ThreadTask {
    id: hash

    required property DuplicateFinder finder
    property int row: -1 // of the file; -1 for none
    readonly property bool busy: row >= 0

    function next() {
        if (!busy)
            take()
    }
    function take() {
        row = finder.next()
        if (busy)
            start(finder.path(row))
    }
    /// At once: what comes of the file is of no interest any more.
    function drop() {
        reset()
        row = -1
    }

    task: "hashFile"
    onProgressChanged: if (busy && running && progress >= 0) finder.setProgress(row, progress)
    onFinished: result => {
        finder.setHash(row, result)
        take()
    }
    onFailed: error => {
        finder.setError(row, error.message)
        take()
    }
    onCanceled: {
        finder.setCanceled(row)
        take() // it may be resumed by now
    }
}
