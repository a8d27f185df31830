// SPDX-License-Identifier: MIT
import QtQml
import QFerry
import Duplicates

/// Hashes one file after the other, for as long as the finder has some.
ThreadTask {
    id: hash

    required property DuplicateFinder finder
    property FoundFile file: null
    readonly property bool busy: file !== null

    function next() {
        if (!busy)
            take()
    }
    function take() {
        file = finder.next()
        if (file)
            start(file.path)
    }

    task: "hashFile"
    rerunPolicy: ThreadTask.CancelPrevious
    onProgressChanged: if (file && progress >= 0) finder.setProgress(file, progress)
    onFinished: result => {
        if (file)
            finder.setHash(file, result)
        take()
    }
    onFailed: error => {
        if (file)
            finder.setError(file, error.message)
        take()
    }
    onCanceled: {
        if (file)
            finder.setCanceled(file)
        file = null
    }
}
