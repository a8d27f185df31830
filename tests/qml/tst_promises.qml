// SPDX-License-Identifier: MIT
import QtQml
import QtTest
import QFerry

TestCase {
    id: test
    name: "promises"

    function initTestCase() { warnings.watch() }

    Component { id: tasks; ThreadTask { } }
    Component { id: limiters; CapacityLimiter { } }
    Component { id: objects; QtObject { property int number: 1 } }

    function follow(promise) {
        const end = { isSettled: false };
        promise.then(value => { end.value = value; end.isSettled = true },
                     error => { end.error = error; end.isSettled = true });
        return end;
    }
    function outcome(promise) {
        const end = follow(promise);
        tryVerify(() => end.isSettled);
        return end;
    }
    function turns() {
        for (let i = 0; i < 10; ++i)
            wait(0);
    }
    function isCanceled(end) { return end.error !== undefined && end.error.name === "CanceledError" }

    // --- run()

    function test_runNeedsNoElement() {
        compare(outcome(QFerry.run("add", 1, 2)).value, 3);
        compare(outcome(QFerry.run("echo", undefined)).value, undefined);
        compare(outcome(QFerry.run("join", 1, 2, 3, 4, 5, 6, 7, 8)).value, "12345678");
        compare(outcome(QFerry.run("describe", new Uint8Array([1, 2]))).value, "QByteArray: 1,2");
        compare(outcome(QFerry.run("addSoon", 1, 2)).value, 3);
        compare(outcome(QFerry.run({ target: calculator, method: "add" }, 1, 2)).value, 3);
        compare(outcome(QFerry.run({ task: "several" }, 3)).value, 0);
    }

    function test_runsCancelEndsIt() {
        const promise = QFerry.run("waitUntilCanceled");
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled);
        compare(end.error.name, "CanceledError");
        promise.cancel();
    }

    function test_cancelOfWhatFollowsFromARunEndsIt() {
        const promise = QFerry.run("waitUntilCanceled").then(() => 1).then(() => 2);
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
        let inner = null;
        const other = QFerry.run("add", 1, 1).then(() => { return inner = QFerry.run("waitUntilCanceled") });
        const otherEnd = follow(other);
        tryVerify(() => inner !== null);
        other.cancel();
        tryVerify(() => otherEnd.isSettled);
        verify(isCanceled(otherEnd));
    }

    function test_runHasALimiterAndProgress() {
        const limiter = createTemporaryObject(limiters, test, { totalTokens: 0 });
        const seen = [];
        const end = follow(QFerry.run({ task: "count", limiter: limiter,
                                        onProgress: (fraction, text) => seen.push([fraction, text]) }, 4));
        tryCompare(limiter, "waiting", 1);
        limiter.totalTokens = 1;
        tryVerify(() => end.isSettled);
        compare(seen.pop(), [1, "4"]);
    }

    function test_runsTimeoutFailsIt() {
        compare(outcome(QFerry.run({ task: "waitUntilCanceled", timeout: 10 })).error.name, "TimeoutError");
        const promise = QFerry.run({ task: "pass", timeout: 10, abandonOnTimeout: true }, "r-abandoned");
        compare(outcome(promise).error.name, "TimeoutError");
        gates.open("r-abandoned");
        const canceled = QFerry.run({ task: "pass", abandonOnCancel: true }, "r-canceled");
        const end = follow(canceled);
        canceled.cancel();
        tryVerify(() => end.isSettled);
        gates.open("r-canceled");
    }

    function test_whatIsWrongWithARunIsItsRejection_data() {
        return [
            { tag: "unknown task", what: "ad", message: 'did you mean "add"' },
            { tag: "arguments", what: "add", message: "takes 2 arguments" },
            { tag: "nothing", what: undefined, message: "takes the name of a task" },
            { tag: "object", what: test, message: "takes the name of a task" },
            { tag: "empty", what: {}, message: "needs either a task" },
            { tag: "both", what: { task: "add", target: calculator, method: "add" }, message: "needs either a task" },
            { tag: "generator", what: "numbers", message: "is a generator" },
            { tag: "option", what: { task: "add", timout: 5 }, message: 'did you mean "timeout"' },
            { tag: "time", what: { task: "add", timeout: -5 }, message: '"timeout" of QFerry.run() is a whole number' },
            { tag: "limiter", what: { task: "add", limiter: test }, message: '"limiter" of QFerry.run() is a CapacityLimiter' },
            { tag: "flag", what: { task: "add", abandonOnCancel: 1 }, message: "true or false" },
            { tag: "function", what: { task: "add", onProgress: 1 }, message: "a function" },
        ];
    }
    function test_whatIsWrongWithARunIsItsRejection(data) {
        const error = outcome(QFerry.run(data.what)).error;
        compare(error.name, "InvalidUseError");
        verify(error.message.includes(data.message), error.message);
    }

    function test_unhandledErrorsOfRunsAreLoggedWithTheirPlace() {
        QFerry.run("fail", "p-nobody");
        QFerry.run("fail", "p-caught").catch(() => 1);
        QFerry.all([QFerry.run("fail", "p-all")]);
        QFerry.all([QFerry.run("fail", "p-all caught")]).catch(() => 1);
        tryVerify(() => warnings.count("p-nobody") === 1 && warnings.count("p-all") === 1);
        turns();
        compare(warnings.count("p-nobody", "tst_promises.qml:"), 1);
        compare(warnings.count("p-all", "tst_promises.qml:"), 1);
        compare(warnings.count("p-caught") + warnings.count("p-all caught"), 0);
    }

    function test_errorsThrownInOnProgressAreLogged() {
        outcome(QFerry.run({ task: "count", onProgress: () => { throw new Error("p-progress") } }, 1));
        verify(warnings.count("p-progress", "tst_promises.qml:") >= 1);
    }

    function test_errorsHaveDetails() {
        const error = outcome(QFerry.run("refuse", 404)).error;
        compare(error.message, "refused");
        compare(error.details.status, 404);
        compare(error.details.hosts[0], "a");
        compare(outcome(QFerry.run("fail", "plain")).error.details, undefined);
    }

    // --- What start() returns

    function test_promisesOfStartHaveACancel() {
        const task = createTemporaryObject(tasks, test, { task: "pass", rerunPolicy: ThreadTask.Queue });
        const first = follow(task.start("s1"));
        const queued = task.start("s2");
        const end = follow(queued);
        const last = follow(task.start("s3"));
        queued.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
        gates.open("s1");
        gates.open("s3");
        tryVerify(() => first.isSettled && last.isSettled);
        compare(last.value, "s3");
        tryCompare(task, "status", ThreadTask.Ready);
    }

    // --- promise()

    function test_promisesOfFuturesAndCalls() {
        compare(outcome(QFerry.promise(futures.call("text"))).value, "text");
        compare(outcome(QFerry.promise(futures.future(5))).value, 5);
        compare(outcome(QFerry.promise(futures.failing())).error.message, "f-broken");
        const own = Promise.resolve(3);
        verify(QFerry.promise(own) === own);
        const end = outcome(QFerry.async(function*() { return [yield futures.call("a"), yield futures.future(2)] }));
        compare(end.value, ["a", 2]);
        verify(futures.isValue(outcome(QFerry.all([futures.value()])).value[0]));
        compare(outcome(QFerry.all([futures.future(1), 2, QFerry.delay(0, 3)])).value, [1, 2, 3]);
    }

    function test_cancelOfAPromiseCancelsTheCall() {
        const promise = QFerry.promise(futures.endless());
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
    }

    function test_whatIsNoFutureIsRefused_data() {
        return [
            { tag: "number", value: 5, message: "takes a QFuture or a PendingCall" },
            { tag: "nothing", value: undefined, message: "takes a QFuture or a PendingCall" },
            { tag: "object", value: {}, message: "takes a QFuture or a PendingCall" },
            { tag: "type", value: futures.unknown(), message: "registerPromiseType<QFuture<" },
        ];
    }
    function test_whatIsNoFutureIsRefused(data) {
        let message = "";
        try {
            QFerry.promise(data.value);
        } catch (error) {
            message = error.message;
        }
        verify(message.includes(data.message), message);
    }

    // --- Several as one

    function test_allSettledAndAny() {
        const failing = () => QFerry.run("fail", "no");
        const settled = outcome(QFerry.allSettled([QFerry.run("add", 1, 2), failing(), 4])).value;
        compare(settled.map(end => end.status), ["fulfilled", "rejected", "fulfilled"]);
        compare([settled[0].value, settled[1].reason.message, settled[2].value], [3, "no", 4]);
        compare(outcome(QFerry.any([failing(), QFerry.run("add", 1, 2), failing()])).value, 3);
        const error = outcome(QFerry.any([failing(), failing()])).error;
        compare(error.name, "AggregateError");
        compare(error.errors.map(one => one.message), ["no", "no"]);
        compare(outcome(QFerry.any([])).error.errors, []);
        compare(outcome(QFerry.all([])).value, []);
        compare(outcome(QFerry.allSettled([])).value, []);
        compare(outcome(QFerry.race([QFerry.run("waitUntilCanceled").then(() => 1, () => 2), 7])).value, 7);
    }

    function test_cancelOfACombinedPromiseCancelsItsParts_data() {
        return ["all", "allSettled", "any", "race"].map(name => ({ tag: name }));
    }
    function test_cancelOfACombinedPromiseCancelsItsParts(data) {
        const parts = [QFerry.run("waitUntilCanceled"), QFerry.delay(1000000), futures.endless()].map(QFerry.promise);
        const ends = parts.map(follow);
        const promise = QFerry[data.tag](parts);
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled && ends.every(one => one.isSettled));
        verify(ends.every(isCanceled));
        verify(data.tag === "allSettled" ? end.value.every(one => one.reason.name === "CanceledError") : isCanceled(end));
    }

    function test_combinedPromisesRefuseMistakes_data() {
        return [
            { tag: "one", values: () => QFerry.delay(0), message: "takes a list" },
            { tag: "task", values: () => [createTemporaryObject(tasks, test)], message: "task.start()" },
            { tag: "generator", values: () => [(function*() { yield 1 })()], message: "QFerry.async" },
        ];
    }
    function test_combinedPromisesRefuseMistakes(data) {
        let message = "";
        try {
            QFerry.all(data.values());
        } catch (error) {
            message = error.message;
        }
        verify(message.includes(data.message), message);
    }

    // --- In time

    function test_delay() {
        compare(outcome(QFerry.delay(1, "late")).value, "late");
        const promise = QFerry.delay(1000000);
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
        for (const wrong of [-1, NaN, "5", undefined, 1e10]) {
            let message = "";
            try {
                QFerry.delay(wrong);
            } catch (error) {
                message = error.message;
            }
            verify(message.includes("milliseconds"), message);
        }
    }

    function test_retry() {
        const attempts = [];
        const make = attempt => {
            attempts.push(attempt);
            return attempt < 3 ? QFerry.run("fail", "attempt " + attempt) : QFerry.run("add", attempt, 1);
        };
        compare(outcome(QFerry.retry(make, { count: 4, delay: 1 })).value, 4);
        compare(attempts, [1, 2, 3]);
        compare(outcome(QFerry.retry(make, { count: 2, delay: 0 })).error.message, "attempt 2");
        compare(outcome(QFerry.retry(make, { count: 9, delay: 0, when: error => error.message !== "attempt 1" })).error.message, "attempt 1");
        compare(outcome(QFerry.retry(function*(attempt) { if (attempt < 2) throw new Error("no"); return yield QFerry.run("add", 1, 1) },
                                     { delay: 0 })).value, 2);
    }

    function test_retryDoesNotRepeatMistakesAndCancels() {
        let count = 0;
        compare(outcome(QFerry.retry(() => { ++count; return QFerry.run("ad") })).error.name, "InvalidUseError");
        const promise = QFerry.retry(() => { ++count; return QFerry.run("waitUntilCanceled") });
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
        compare(count, 2);
        const pausing = QFerry.retry(() => { ++count; throw new Error("no") }, { delay: 1000000, maxDelay: 1000000 });
        const pausingEnd = follow(pausing);
        tryVerify(() => count === 3);
        turns();
        pausing.cancel();
        tryVerify(() => pausingEnd.isSettled);
        verify(isCanceled(pausingEnd));
    }

    function test_retryRefusesWhatItDoesNotKnow_data() {
        return [
            { tag: "name", options: { times: 3 }, message: "no option times" },
            { tag: "count", options: { count: 0 }, message: "at least 1" },
            { tag: "delay", options: { delay: -1 }, message: "milliseconds" },
            { tag: "factor", options: { factor: 0.5 }, message: "factor" },
            { tag: "when", options: { when: true }, message: "function" },
        ];
    }
    function test_retryRefusesWhatItDoesNotKnow(data) {
        let message = "";
        try {
            QFerry.retry(() => 1, data.options);
        } catch (error) {
            message = error.message;
        }
        verify(message.includes(data.message), message);
    }

    // --- async()

    function test_cancelOfAsyncCancelsWhatItWaitsFor() {
        const seen = [];
        let part = null;
        const promise = QFerry.async(function*() {
            try {
                yield part = QFerry.run("waitUntilCanceled");
            } catch (error) {
                seen.push(error.name);
            }
            try {
                yield 1;
            } catch (error) {
                seen.push(error.name);
            }
            yield QFerry.delay(1000000);
        });
        const end = follow(promise);
        const partEnd = follow(part);
        promise.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
        verify(isCanceled(partEnd));
        compare(seen, ["CanceledError", "CanceledError"]);
    }

    function test_cancelOfAsyncDoesNotWaitForWhatCannotBeCanceled() {
        const promise = QFerry.async(function*() { yield new Promise(() => 1) });
        const end = follow(promise);
        promise.cancel();
        tryVerify(() => end.isSettled);
        verify(isCanceled(end));
    }

    function test_asyncEndsWithItsOwner() {
        const owner = objects.createObject(test);
        let steps = 0;
        let part = null;
        const end = follow(QFerry.async(owner, function*() {
            ++steps;
            try {
                yield part = QFerry.run("waitUntilCanceled");
            } finally {
                ++steps;
            }
        }));
        const partEnd = follow(part);
        owner.destroy();
        tryVerify(() => end.isSettled && partEnd.isSettled);
        verify(isCanceled(end));
        verify(end.error.message.includes("owner"), end.error.message);
        verify(isCanceled(partEnd));
        compare(steps, 1);
    }

    function test_asyncWithAnOwnerThatStays() {
        const owner = objects.createObject(test);
        compare(outcome(QFerry.async(owner, function*() { return owner.number + (yield 2) })).value, 3);
        owner.destroy();
        turns();
        let message = "";
        try {
            QFerry.async(null, function*() { });
        } catch (error) {
            message = error.message;
        }
        verify(message.includes("owner"), message);
    }
}
