// SPDX-License-Identifier: MIT
import QtQml
import QtTest
import QFerry

TestCase {
    id: test
    name: "async"

    function initTestCase() { warnings.watch() }

    ThreadTask { id: add; task: "add"; rerunPolicy: ThreadTask.Queue }
    ThreadTask { id: fail; task: "fail" }

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

    function test_yieldWaitsForATask() {
        const end = outcome(QFerry.async(function*() {
            let sum = 0;
            for (let i = 1; i <= 3; ++i)
                sum = yield add.start(sum, i);
            return sum;
        }));
        compare(end.value, 6);
    }

    function test_itRunsAtOnceUpToTheFirstYield() {
        let reached = 0;
        const end = follow(QFerry.async(function*() { reached = 1; yield; reached = 2 }));
        compare(reached, 1);
        tryVerify(() => end.isSettled);
        compare(reached, 2);
        compare(end.value, undefined);
    }

    function test_errorsAreThrownIntoTheGenerator() {
        const end = outcome(QFerry.async(function*() {
            try {
                yield fail.start("thrown into");
            } catch (error) {
                return error.message;
            }
        }));
        compare(end.value, "thrown into");
    }

    function test_whatItThrowsRejectsThePromise() {
        compare(outcome(QFerry.async(function*() { throw new TypeError("at once") })).error.message, "at once");
        compare(outcome(QFerry.async(function*() { yield 1; throw new TypeError("later") })).error.name, "TypeError");
        compare(outcome(QFerry.async(function*() { yield fail.start("passed on") })).error.message, "passed on");
    }

    function test_plainValuesAreTakenAsTheyAre() {
        compare(outcome(QFerry.async(function*() { return [yield 1, yield "two"] })).value, [1, "two"]);
    }

    function test_asyncNestsAndDelegates() {
        function* twice(value) { return yield add.start(value, value) }
        const end = outcome(QFerry.async(function*() {
            const inner = yield QFerry.async(function*() { return yield* twice(2) });
            return yield* twice(inner);
        }));
        compare(end.value, 8);
    }

    function test_severalAtATime() {
        const end = outcome(QFerry.async(function*() {
            return yield Promise.all([add.start(1, 2), add.start(3, 4)]);
        }));
        compare(end.value, [3, 7]);
    }

    function test_wrongUseIsToldAtOnceOrInThePromise() {
        try {
            QFerry.async(5);
            fail("it took a number for a generator");
        } catch (error) {
            verify(error.message.includes("takes a generator"), error.message);
        }
        verify(outcome(QFerry.async(() => 1)).error.message.includes("takes a generator"));
    }

    function test_unhandledErrorsWarnOnce() {
        QFerry.async(function*() { yield; throw new Error("w-nobody") });
        QFerry.async(function*() { yield; throw new Error("w-caught") }).catch(() => 1);
        QFerry.async(function*() { throw new Error("w-at once") });
        QFerry.async(function*() { throw new Error("w-caught at once") }).catch(() => 1);
        tryVerify(() => warnings.count("w-nobody") === 1 && warnings.count("w-at once") === 1);
        compare(warnings.count("w-caught"), 0);
    }

    function test_errorsCarryTheirPlace() {
        QFerry.async(function*() { yield; undefined.place1 });
        QFerry.async(function*() { yield fail.start("w-place2") });
        tryVerify(() => warnings.count("place1") === 1 && warnings.count("w-place2") === 1);
        compare(warnings.count("place1", "tst_async.qml:"), 1);
        compare(warnings.count("w-place2", "tst_async.qml:"), 1);
    }

    ThreadTask { id: endless; task: "waitUntilCanceled" }

    function test_aCancelIsNoErrorToLog() {
        const before = warnings.count("CanceledError");
        let end = null;
        QFerry.async(function*() { end = follow(endless.start()); yield endless.start() });
        endless.cancel();
        tryVerify(() => end.isSettled);
        for (let i = 0; i < 10; ++i)
            wait(0);
        compare(warnings.count("CanceledError"), before);
    }

    function test_yieldOfWhatItDoesNotWaitForIsTold_data() {
        function* helper() { yield 1 }
        return [
            { tag: "task", make: () => add, message: "yield task.start()" },
            { tag: "promises", make: () => [add.start(1, 2)], message: "QFerry.all" },
            { tag: "tasks", make: () => [add], message: "QFerry.all" },
            { tag: "generator", make: () => helper(), message: "yield*" },
        ];
    }
    function test_yieldOfWhatItDoesNotWaitForIsTold(data) {
        const end = outcome(QFerry.async(function*() { yield data.make() }));
        verify(end.error instanceof TypeError);
        verify(end.error.message.includes(data.message), end.error.message);
    }
}
