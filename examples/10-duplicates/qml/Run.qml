// SPDX-License-Identifier: MIT
import QtQml
import QFerry
import Duplicates

/// One run through a folder: looks for its files, hashes them, and knows what came of it.
QtObject {
    id: run

    enum State { Ready, Running, Done, Canceled, Failed }

    property string folder
    property int tokens: 4
    readonly property int mostTokens: 16
    property int state: Run.Ready
    property real seconds: 0
    property string error // why nothing could be found
    /// Of what is to be hashed, as far as is known.
    readonly property real share: finder.candidateBytes > 0 ? finder.hashedBytes / finder.candidateBytes
                                                            : state === Run.Done ? 1 : 0
    /// How many files are being hashed; the same tasks may be idle, or wait for a token.
    property int busy: 0

    /// Whether all files have been found.
    property bool isWalked: false

    signal started()

    readonly property ThreadStreamModel files: ThreadStreamModel {
        task: "findFiles"
        args: [run.folder]
        onRunningChanged: run.look()
        onFinished: run.isWalked = true
        onFailed: error => run.fail(error.message)
    }
    readonly property DuplicateFinder finder: DuplicateFinder {
        files: run.files
        onQueued: run.feed()
    }
    readonly property CapacityLimiter limiter: CapacityLimiter { totalTokens: run.tokens }
    readonly property Instantiator hashes: Instantiator {
        model: run.mostTokens
        delegate: HashTask {
            finder: run.finder
            limiter: run.limiter
            onBusyChanged: {
                run.busy += busy ? 1 : -1
                run.look()
            }
        }
    }
    readonly property Timer clock: Timer {
        property real begin
        interval: 100
        repeat: true
        running: run.state === Run.Running
        onTriggered: run.seconds = (Date.now() - begin) / 1000
    }

    function start() {
        cancel()
        finder.forgetHashes()
        seconds = 0
        walk()
        started()
    }
    /// Goes on where it was canceled: with the files that are left or, if not all have been found, with
    /// another look for them. None is hashed twice.
    function resume() {
        if (state !== Run.Canceled)
            return
        if (isWalked) {
            begin()
            finder.resume()
            look()
        } else {
            finder.keepHashes()
            walk()
        }
    }
    function begin() {
        state = Run.Running
        error = ""
        clock.begin = Date.now() - 1000 * seconds
    }
    function walk() {
        for (let i = 0; i < hashes.count; ++i)
            hashes.objectAt(i).drop() // what was canceled is of the rows that go now
        isWalked = false
        begin() // not before, as long as something ended
        files.start()
    }
    function cancel() {
        if (state !== Run.Running)
            return
        state = Run.Canceled
        finder.cancel()
        files.cancel()
        for (let i = 0; i < hashes.count; ++i)
            hashes.objectAt(i).cancel()
    }
    function fail(message) {
        cancel()
        error = message
        state = Run.Failed
    }
    function feed() {
        for (let i = 0; i < hashes.count; ++i)
            hashes.objectAt(i).next()
    }
    /// Whether that was the last.
    function look() {
        if (state === Run.Running && !files.running && busy === 0) {
            clock.triggered()
            finder.groups.settle()
            state = Run.Done
        }
    }
}
