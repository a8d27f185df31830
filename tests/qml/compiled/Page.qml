// SPDX-License-Identifier: MIT
import QtQml
import QFerry

// Bindings and functions of kinds that qmlcachegen makes C++ of.
QtObject {
    id: page

    property int a: 1
    property int b: 2
    readonly property ThreadTask adding: ThreadTask {
        task: "add"
        args: [page.a, page.b]
        autoStart: true
        rerunPolicy: ThreadTask.CancelPrevious
        limiter: page.limiter
        onResultReady: (value, index) => page.last = value
    }
    property int last: 0
    readonly property int sum: adding.result || 0
    readonly property string shown: adding.result ? "= " + adding.result : ""
    readonly property bool hasFailed: adding.status === ThreadTask.Error
    readonly property bool isEnded: !adding.running
    readonly property string why: adding.errorString
    readonly property real progress: adding.progress < 0 ? 0 : adding.progress

    readonly property CapacityLimiter limiter: CapacityLimiter { totalTokens: 2 }
    readonly property int tokens: limiter.totalTokens + QFerry.defaultLimiter.totalTokens

    readonly property ThreadStreamModel rows: ThreadStreamModel {
        task: "rows"
        args: [page.a + 2]
    }
    readonly property int rowCount: rows.count

    readonly property ThreadTask typing: ThreadTask { task: "typeName"; rerunPolicy: ThreadTask.Queue }
    property list<string> types

    function follow(promise: var) { promise.then(type => types.push(type), error => types.push(error.name)) }
    function typeOfBytes() { follow(typing.start(new Uint8Array([1, 2]))) }
    function typeOfUndefined() { follow(typing.start(undefined)) }
    function typeOfTooMuch() { follow(typing.start(1, 2, 3, 4, 5, 6, 7)) }
    function typeInGenerator() { follow(QFerry.async(function*() { return yield typing.start([page.a]) })) }
    function swap(x: int, y: int): int {
        a = x
        b = y
        return a + b
    }
}
