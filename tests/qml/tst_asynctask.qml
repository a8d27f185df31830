// SPDX-License-Identifier: MIT
// Tasks that are asynchronous functions: as others are, but in the engine's thread.
import QtQml
import QtTest
import QFerry

TestCase {
    id: test
    name: "AsyncTask"

    Component {
        id: tasks
        ThreadTask {
            property var statuses: []
            property var values: []
            property int startedCount: 0
            onStatusChanged: statuses.push(status)
            onStarted: ++startedCount
            onResultReady: value => values.push(value)
        }
    }
    Component {
        id: limiters
        CapacityLimiter { }
    }

    function make(properties) { return createTemporaryObject(tasks, test, properties) }

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

    function test_asyncFunctionsOfAllKindsRun_data() {
        return [{ tag: "addSoon" }, { tag: "addInWorker" }, { tag: "addInFuture" }];
    }
    function test_asyncFunctionsOfAllKindsRun(data) {
        const task = make({ task: data.tag });
        const promise = task.start(1, 2);
        compare(task.status, ThreadTask.Queued);
        compare(outcome(promise).value, 3);
        compare(task.statuses, [ThreadTask.Queued, ThreadTask.Running, ThreadTask.Ready]);
        compare(task.startedCount, 1);
        compare(task.values, [3]);
        compare(task.result, 3);
    }

    function test_itRunsInTheEnginesThread() {
        compare(outcome(make({ task: "isInEnginesThread" }).start()).value, true);
    }

    function test_errorsKeepNameAndMessage() {
        const task = make({ task: "addSoon" });
        const error = outcome(task.start(-1, 2)).error;
        compare(error.name, "std::out_of_range");
        compare(error.message, "less than nothing");
        compare(task.status, ThreadTask.Error);
        verify(outcome(task.start(1, "x")).error.message.includes("addSoon(int, int)"));
    }

    function test_progressIsThatOfTheCallReturned() {
        const task = make({ task: "addInWorker" });
        outcome(task.start(1, 2));
        compare(task.progress, 0.5);
        compare(task.progressText, "half");
    }

    function test_promiseGivesResultsAndProgress() {
        const task = make({ task: "severalSoon" });
        compare(outcome(task.start(20)).value, 0);
        compare(task.values.length, 20);
        compare(task.values[19], 190);
        compare(task.progress, 1);
        compare(task.progressText, "19");
    }

    function test_cancelReachesWhatItAwaits() {
        const task = make({ task: "sleepLong" });
        const end = follow(task.start());
        tryCompare(task, "status", ThreadTask.Running);
        task.cancel();
        tryVerify(() => end.isSettled);
        compare(end.error.name, "CanceledError");
        compare(task.status, ThreadTask.Canceled);
    }

    function test_canceledBeforeItBeginsItNeverRuns() {
        const task = make({ task: "sleepLong" });
        const end = follow(task.start());
        task.cancel();
        tryVerify(() => end.isSettled);
        compare(task.status, ThreadTask.Canceled);
        compare(task.startedCount, 0);
    }

    function test_destroyedTaskRejectsItsPromise() {
        const task = tasks.createObject(test, { task: "sleepLong" });
        const end = follow(task.start());
        tryCompare(task, "status", ThreadTask.Running);
        task.destroy();
        tryVerify(() => end.isSettled);
        compare(end.error.name, "CanceledError");
    }

    function test_timeoutFailsTheRun() {
        const task = make({ task: "sleepLong", timeout: 10 });
        compare(outcome(task.start()).error.name, "TimeoutError");
        task.timeout = -1;
        compare(outcome(task.start()).error.name, "InvalidUseError");
    }

    function test_limiterIsWaitedForIfThereIsOne() {
        const limiter = createTemporaryObject(limiters, test, { totalTokens: 0 });
        const task = make({ task: "addSoon", limiter: limiter });
        const end = follow(task.start(1, 2));
        wait(0);
        compare(task.status, ThreadTask.Queued);
        limiter.totalTokens = 1;
        tryVerify(() => end.isSettled);
        compare(end.value, 3);
    }

    function test_policiesAreAsEver() {
        const task = make({ task: "sleepLong", rerunPolicy: ThreadTask.CancelPrevious });
        const first = follow(task.start());
        task.task = "addSoon";
        const second = follow(task.start(2, 2));
        tryVerify(() => first.isSettled && second.isSettled);
        compare(first.error.name, "CanceledError");
        compare(second.value, 4);
        task.rerunPolicy = ThreadTask.Queue;
        const ends = [1, 2, 3].map(i => follow(task.start(i, i)));
        tryVerify(() => ends.every(end => end.isSettled));
        compare(ends.map(end => end.value), [2, 4, 6]);
    }
}
