// SPDX-License-Identifier: MIT
import QtQml
import QtTest
import QFerry

TestCase {
    id: test
    name: "ThreadTask"

    function initTestCase() { warnings.watch() }

    Component {
        id: tasks
        ThreadTask {
            property var statuses: []
            property var values: []
            property var indexes: []
            property int startedCount: 0
            property int finishedCount: 0
            property int failedCount: 0
            property int canceledCount: 0
            onStatusChanged: statuses.push(status)
            onStarted: ++startedCount
            onResultReady: (value, index) => { values.push(value); indexes.push(index) }
            onFinished: ++finishedCount
            onFailed: ++failedCount
            onCanceled: ++canceledCount
        }
    }
    Component {
        id: followers
        ThreadTask {
            id: outer
            property list<bool> runnings
            onRunningChanged: runnings.push(running)
            ThreadTask { task: "add"; args: [outer.result || 0, 1]; autoStart: outer.status === ThreadTask.Ready }
            Timer { }
            QtObject { }
        }
    }
    Component {
        id: silentTasks
        ThreadTask { }
    }
    Component {
        id: limiters
        CapacityLimiter { }
    }

    property ThreadTask watched: null
    readonly property bool hasFailed: watched ? watched.status === ThreadTask.Error : false

    function make(properties) { return createTemporaryObject(tasks, test, properties) }

    // How a promise ends, to be waited for: { value } or { error }.
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

    function test_aRunGoesThroughItsStates() {
        const task = make({ task: "add" });
        compare(task.status, ThreadTask.Null);
        compare(task.error, undefined);
        const end = outcome(task.start(1, 2));
        compare(end.value, 3);
        compare(task.statuses, [ThreadTask.Queued, ThreadTask.Running, ThreadTask.Ready]);
        compare(task.result, 3);
        compare(task.values, [3]);
        compare(task.indexes, [0]);
        compare(task.startedCount, 1);
        compare(task.finishedCount, 1);
        verify(!task.running);
        verify(task.elapsed >= 0);
    }

    function test_nothingIsToldInsideOfStart() {
        const task = make({ task: "add" });
        const promise = task.start("x");
        compare(task.status, ThreadTask.Queued);
        compare(task.failedCount, 0);
        verify(outcome(promise).error);
        compare(task.failedCount, 1);
    }

    function test_argsAreThoseOfStart() {
        const task = make({ task: "add", args: [3, 4] });
        compare(outcome(task.start()).value, 7);
        compare(outcome(task.start(1, 1)).value, 2);
        compare(task.args, [3, 4]);
    }

    function test_valuesArriveAsTheyWere_data() {
        return [
            { tag: "number", value: 1.5 },
            { tag: "string", value: "ferry" },
            { tag: "list", value: [1, [2, "3"]] },
            { tag: "object", value: { a: 1, b: { c: [true] } } },
            { tag: "null", value: null },
        ];
    }
    function test_valuesArriveAsTheyWere(data) {
        const task = make({ task: "echo" });
        compare(outcome(task.start(data.value)).value, data.value);
        task.args = [data.value];
        compare(outcome(task.start()).value, data.value);
    }

    function test_startTakesArgumentsOfAnyNumber() {
        const task = make({ task: "echo", args: ["of args"] });
        compare(outcome(task.start()).value, "of args");
        compare(outcome(task.start(undefined)).value, undefined);
        task.task = "add";
        for (const args of [[1, undefined], [1, 2, undefined], [1, 2, 3, 4, 5, 6, 7]]) {
            const message = outcome(task.start(...args)).error.message;
            verify(message.includes(args.length === 2 ? "Argument 2" : "was given " + args.length), message);
        }
        task.task = "join";
        compare(outcome(task.start(1, 2, 3, 4, 5, 6, 7, 8)).value, "12345678");
    }

    function test_startCanBeHandedOn() {
        const task = make({ task: "echo" });
        const start = task.start;
        compare(outcome(start("alone")).value, "alone");
    }

    function test_specialValues_data() {
        const objects = new ArrayBuffer(4);
        new Uint8Array(objects).set([1, 2, 3, 4]);
        return [
            { tag: "Uint8Array", value: new Uint8Array(objects), type: "QByteArray", shown: "1,2,3,4" },
            { tag: "part of an ArrayBuffer", value: new Uint8Array(objects, 1, 2), type: "QByteArray", shown: "2,3" },
            { tag: "ArrayBuffer", value: objects, type: "QByteArray", shown: "1,2,3,4" },
            { tag: "Int8Array", value: new Int8Array([-1, 2]), type: "QVariantList", shown: "-1,2" },
            { tag: "Uint16Array", value: new Uint16Array([65535]), type: "QVariantList", shown: "65535" },
            { tag: "Int32Array", value: new Int32Array([-70000]), type: "QVariantList", shown: "-70000" },
            { tag: "Uint32Array", value: new Uint32Array([4000000000]), type: "QVariantList", shown: "4000000000" },
            { tag: "Float32Array", value: new Float32Array([1.5, -2]), type: "QVariantList", shown: "1.5,-2" },
            { tag: "Float64Array", value: new Float64Array([0.1]), type: "QVariantList", shown: "0.1" },
            { tag: "empty typed array", value: new Float64Array(0), type: "QVariantList", shown: "" },
        ];
    }
    function test_specialValues(data) {
        const task = make({ task: "describe" });
        const expected = data.type + ": " + data.shown;
        compare(outcome(task.start(data.value)).value, expected);
        task.args = [data.value];
        compare(outcome(task.start()).value, expected);
        compare(outcome(task.start([[data.value]])).value, "QVariantList: QVariantList: " + expected);
    }

    function test_whatIsNoValueIsRefused_data() {
        return [
            { tag: "symbol", value: Symbol("s"), message: "symbol" },
            { tag: "generator", value: (function*() { yield 1 })(), message: "generator" },
            { tag: "iterator", value: [1][Symbol.iterator](), message: "generator" },
            { tag: "invalid date", value: new Date(NaN), message: "invalid date" },
            { tag: "singleton", value: QFerry, message: "belongs to its thread" },
            { tag: "boxed number", value: new Number(5), message: "JavaScript Number" },
        ];
    }
    function test_whatIsNoValueIsRefused(data) {
        const task = make({ task: "echo" });
        const refusals = [task.start(data.value), task.start({ a: [{ b: 1 }, data.value] })];
        task.args = [data.value];
        refusals.push(task.start());
        const messages = refusals.map(promise => promise.then(value => "accepted", error => error.message));
        const all = outcome(Promise.all(messages)).value;
        for (const message of all)
            verify(message.includes(data.message), message);
        verify(all[1].includes('in "a": in element 2: '), all[1]);
    }

    function test_argsIsAList() {
        const task = make({ task: "echo" });
        for (const args of ["text", { a: 1 }, 5]) {
            task.args = args;
            const message = outcome(task.start()).error.message;
            verify(message.includes("args is no list"), message);
        }
    }

    function test_objectsThatShareDoNotHangTheLoop() {
        const task = make({ task: "echo" });
        let value = {};
        for (let i = 0; i < 40; ++i)
            value = { a: value, b: value };
        const message = outcome(task.start(value)).error.message;
        verify(message.includes("more than a million"), message);
    }

    function test_errorsHaveNameAndMessage() {
        const task = make({ task: "fail" });
        const end = outcome(task.start("no ferry today"));
        verify(end.error instanceof Error);
        compare(end.error.name, "std::runtime_error");
        compare(end.error.message, "no ferry today");
        compare(task.status, ThreadTask.Error);
        compare(task.error, { name: "std::runtime_error", message: "no ferry today" });
        compare(task.errorString, "no ferry today");
        compare(task.failedCount, 1);

        task.task = "add";
        outcome(task.start(1, 2));
        compare(task.error, undefined);
        compare(task.errorString, "");
    }

    function test_wrongUseIsTheRunsFailure_data() {
        return [
            { tag: "unknown task", task: "ad", args: [1, 2], message: 'did you mean "add"' },
            { tag: "count", task: "add", args: [1], message: "add(int, int) takes 2 arguments, and was given 1" },
            { tag: "type", task: "add", args: [1, "x"], message: 'Argument 2 of add(int, int) does not fit: the string "x" is no int' },
            { tag: "fraction", task: "add", args: [1, 1.5], message: "1.5 is no int" },
            { tag: "function", task: "echo", args: [() => 1], message: "a JavaScript function cannot go to a worker" },
            { tag: "nested function", task: "echo", args: [{ a: [() => 1] }], message: "a JavaScript function cannot go to a worker" },
            { tag: "object", task: "echo", args: [test], message: "belongs to its thread" },
            { tag: "nested object", task: "echo", args: [[test]], message: "belongs to its thread" },
            { tag: "generator", task: "numbers", args: [], message: "numbers() is a generator" },
            { tag: "none", task: "", args: [], message: "needs either a task" },
        ];
    }
    function test_wrongUseIsTheRunsFailure(data) {
        const task = make({ task: data.task, args: data.args });
        for (const promise of [task.start(), data.args.length ? task.start(...data.args) : task.start()]) {
            const error = outcome(promise).error;
            compare(error.name, "InvalidUseError");
            verify(error.message.includes(data.message), error.message);
        }
    }

    function test_methodsOfAnObject() {
        const task = make({ target: calculator, method: "add" });
        compare(outcome(task.start(2, 3)).value, 5);
        task.method = "unsafe";
        verify(outcome(task.start()).error.message.includes("Q_CLASSINFO"));
    }

    function test_targetThatDiesIsAnError() {
        const task = make({ target: createTemporaryObject(tasks, test), method: "start" });
        verify(outcome(task.start()).error.message.includes("Q_CLASSINFO"));
        task.target.destroy();
        tryVerify(() => task.target === null);
        verify(outcome(task.start()).error.message.includes("is null"));
    }

    function test_lastProgressIsThereAtTheEnd() {
        const task = make({ task: "count" });
        const seen = [];
        task.progressChanged.connect(() => seen.push(task.progress));
        outcome(task.start(100000));
        compare(task.progress, 1);
        compare(task.progressText, "100000");
        verify(seen.length < 50000); // merged
        for (let i = 1; i < seen.length; ++i)
            verify(seen[i] > seen[i - 1]);
    }

    function test_unknownProgressIsMinusOne() {
        const task = make({ task: "unknownProgress" });
        task.start("progress");
        tryCompare(task, "progressText", "five");
        compare(task.progress, -1);
        compare(task.status, ThreadTask.Running);
        gates.open("progress");
        tryCompare(task, "status", ThreadTask.Ready);
    }

    function test_severalResults() {
        const task = make({ task: "several" });
        const end = outcome(task.start(100));
        compare(end.value, 0);
        compare(task.values.length, 100);
        compare(task.values[99], 990);
        compare(task.indexes[99], 99);
        compare(task.progress, 1);
        compare(task.progressText, "99");
    }

    function test_cancelEndsARun() {
        const task = make({ task: "waitUntilCanceled" });
        const end = follow(task.start());
        tryCompare(task, "status", ThreadTask.Running);
        task.cancel();
        tryCompare(task, "status", ThreadTask.Canceled);
        tryVerify(() => end.isSettled);
        compare(end.error.name, "CanceledError");
        compare(task.canceledCount, 1);
        compare(task.failedCount, 0);
        compare(task.error, undefined);
    }

    function test_untilACanceledRunEndsItIsCanceling() {
        const task = make({ task: "pass" });
        const end = follow(task.start("canceling"));
        tryCompare(task, "status", ThreadTask.Running);
        task.cancel();
        compare(task.status, ThreadTask.Canceling);
        verify(task.running);
        gates.open("canceling");
        tryVerify(() => end.isSettled);
        compare(end.value, "canceling");
        compare(task.statuses.slice(-2), [ThreadTask.Canceling, ThreadTask.Ready]);
        task.cancel();
        compare(task.status, ThreadTask.Ready);
        task.task = "waitUntilCanceled";
        const promise = task.start();
        const other = follow(promise);
        tryCompare(task, "status", ThreadTask.Running);
        promise.cancel();
        compare(task.status, ThreadTask.Canceling);
        tryCompare(task, "status", ThreadTask.Canceled);
        tryVerify(() => other.isSettled);
        compare(other.error.name, "CanceledError");
    }

    function test_runningAndQueuedDoNotFlicker() {
        const task = createTemporaryObject(followers, test, { task: "pass", rerunPolicy: ThreadTask.Queue });
        const counts = [];
        task.queuedChanged.connect(() => counts.push(task.queued));
        const ends = ["f1", "f2", "f3"].map(name => follow(task.start(name)));
        compare(task.queued, 2);
        ["f1", "f2", "f3"].forEach(name => gates.open(name));
        tryVerify(() => ends.every(end => end.isSettled) && !task.running);
        compare(task.runnings, [true, false]);
        compare(counts, [1, 2, 1, 0]);
        const others = [follow(task.start("f4")), follow(task.start("f5"))];
        task.cancel();
        compare(task.queued, 0);
        gates.open("f4");
        tryVerify(() => others.every(end => end.isSettled) && !task.running);
        compare(task.runnings, [true, false, true, false]);
    }

    function test_aStartInTheMiddleOfAQueueIsItsLast() {
        const task = make({ task: "echo", rerunPolicy: ThreadTask.Queue });
        let isAgain = false;
        task.finished.connect(() => { if (!isAgain) { isAgain = true; task.start(3) } });
        task.start(1);
        task.start(2);
        tryVerify(() => task.values.length === 3);
        compare(task.values, [1, 2, 3]);
    }

    function test_childrenOfAnyType() {
        const task = createTemporaryObject(followers, test, { task: "add" });
        compare(task.data.length, 3);
        const inner = task.data[0];
        compare(outcome(task.start(2, 3)).value, 5);
        tryCompare(inner, "result", 6);
    }

    function test_resultIsTheFallbackUntilThereIsOne() {
        const task = make({ task: "add", fallback: [] });
        let changes = 0;
        task.resultChanged.connect(() => ++changes);
        compare(task.result, []);
        task.fallback = "none";
        compare(task.result, "none");
        compare(changes, 1);
        verify(outcome(task.start("x")).error);
        compare(task.result, "none");
        compare(outcome(task.start(1, 2)).value, 3);
        compare(task.result, 3);
        task.fallback = "still none";
        compare(task.result, 3);
        compare(changes, 2);
        task.reset();
        compare(task.result, "still none");
        compare(changes, 3);
    }

    function test_delayWaitsUntilInputsAreStill() {
        const task = make({ task: "echo", args: [0], autoStart: true, delay: 1000000 });
        wait(0);
        compare(task.status, ThreadTask.Null);
        task.delay = 1;
        for (let i = 1; i <= 5; ++i)
            task.args = [i];
        tryCompare(task, "result", 5);
        compare(task.values, [5]);
        task.delay = -1;
        compare(task.delay, 1);
        compare(warnings.count("-1 is no delay"), 1);
    }

    function test_cancelForgetsAStartThatWaits() {
        const task = make({ task: "echo", args: [1], autoStart: true, delay: 1 });
        task.cancel();
        const other = make({ task: "echo", args: [2], autoStart: true, delay: 1 });
        other.reset();
        const control = make({ task: "echo", args: [3], autoStart: true, delay: 2 });
        tryCompare(control, "result", 3);
        compare([task.status, other.status], [ThreadTask.Null, ThreadTask.Null]);
    }

    function test_nothingStartsWhileItIsNotEnabled() {
        const task = make({ task: "echo", args: [1], autoStart: true, enabled: false });
        const end = outcome(task.start(2));
        compare(end.error.name, "CanceledError");
        verify(end.error.message.includes("not enabled"), end.error.message);
        compare(task.status, ThreadTask.Null);
        task.enabled = true;
        tryCompare(task, "result", 1);
        task.enabled = false;
        task.enabled = true;
        wait(0);
        task.enabled = false;
        task.args = [3];
        wait(0);
        compare(task.values, [1]);
        task.enabled = true;
        tryCompare(task, "result", 3);
        compare(task.values, [1, 3]);
    }

    function test_errorHasDetails() {
        const task = make({ task: "refuse" });
        compare(outcome(task.start(404)).error.details.status, 404);
        compare(task.error.message, "refused");
        compare(task.error.details.status, 404);
    }

    function test_queuedRunIsCanceledBeforeItBegins() {
        const limiter = createTemporaryObject(limiters, test, { totalTokens: 0 });
        const task = make({ task: "add", args: [1, 2], limiter: limiter });
        const end = follow(task.start());
        compare(task.status, ThreadTask.Queued);
        task.cancel();
        tryVerify(() => end.isSettled);
        compare(task.status, ThreadTask.Canceled);
        compare(task.startedCount, 0);
    }

    function test_abandonedRunEndsAtOnce() {
        const task = make({ task: "pass", abandonOnCancel: true });
        task.start("abandoned");
        tryCompare(task, "status", ThreadTask.Running);
        task.cancel();
        tryCompare(task, "status", ThreadTask.Canceled);
        gates.open("abandoned");
    }

    function test_timeoutFailsTheRun() {
        const task = make({ task: "waitUntilCanceled", timeout: 10 });
        compare(outcome(task.start()).error.name, "TimeoutError");
        compare(task.error.name, "TimeoutError");
        task.timeout = -1;
        compare(outcome(task.start()).error.name, "InvalidUseError");
    }

    function test_timeoutOfAFunctionThatDoesNotLook() {
        const task = make({ task: "pass", timeout: 10 });
        const end = follow(task.start("does not look"));
        wait(50);
        verify(!end.isSettled);
        gates.open("does not look");
        tryVerify(() => end.isSettled);
        compare(end.value, "does not look");
    }

    function test_abandonOnTimeoutFailsAtOnce() {
        const task = make({ task: "pass", timeout: 10, abandonOnTimeout: true });
        const end = outcome(task.start("abandoned at timeout"));
        compare(end.error.name, "TimeoutError");
        compare(task.status, ThreadTask.Error);
        compare(task.failedCount, 1);
        gates.open("abandoned at timeout");
        task.timeout = 5000;
        gates.open("in time");
        compare(outcome(task.start("in time")).value, "in time");
        compare(task.failedCount, 1);
    }

    function test_resetForgetsEverything() {
        const task = make({ task: "add" });
        outcome(task.start(1, 2));
        task.task = "waitUntilCanceled";
        const end = follow(task.start());
        task.reset();
        compare(task.status, ThreadTask.Null);
        compare(task.result, undefined);
        compare(task.elapsed, 0);
        tryVerify(() => end.isSettled);
        compare(end.error.name, "CanceledError");
        compare(task.canceledCount, 0);
    }

    function test_ignoreJoinsTheRunThatIsUnderWay() {
        const task = make({ task: "pass" });
        const first = follow(task.start("ignore"));
        const second = follow(task.start("ignore"));
        const other = follow(task.start("other"));
        const wrong = follow(task.start(1, 2, 3));
        tryVerify(() => other.isSettled && wrong.isSettled);
        compare(other.error.name, "CanceledError");
        verify(other.error.message.includes("rerunPolicy"), other.error.message);
        compare(wrong.error.name, "InvalidUseError");
        verify(!first.isSettled);
        gates.open("ignore");
        tryVerify(() => first.isSettled && second.isSettled);
        compare(first.value, "ignore");
        compare(second.value, "ignore");
        compare(task.finishedCount, 1);
        compare(task.failedCount, 0);
    }

    function test_ignoreJoinsMethodsToo() {
        const task = make({ target: calculator, method: "add" });
        const ends = [task.start(1, 2), task.start(1, 2), task.start(2, 2)].map(follow);
        tryVerify(() => ends.every(end => end.isSettled));
        compare(ends.map(end => end.value), [3, 3, undefined]);
        compare(task.finishedCount, 1);
    }

    function test_onceMoreRunsTheLastOneAfterThisOne() {
        const task = make({ task: "pass", rerunPolicy: ThreadTask.OnceMore });
        const first = follow(task.start("m1"));
        const replaced = follow(task.start("m2"));
        const third = follow(task.start("m3"));
        const joined = follow(task.start("m3"));
        tryVerify(() => replaced.isSettled);
        compare(replaced.error.name, "CanceledError");
        gates.open("m3");
        gates.open("m1");
        tryVerify(() => first.isSettled && third.isSettled && joined.isSettled);
        compare([first, third, joined].map(end => end.value), ["m1", "m3", "m3"]);
        compare(task.values, ["m1", "m3"]);
        compare(task.canceledCount, 0);
    }

    function test_onceMoreAlsoRunsAgainWithEqualArguments() {
        const task = make({ task: "pass", rerunPolicy: ThreadTask.OnceMore });
        const ends = [1, 2, 3].map(() => follow(task.start("again")));
        gates.open("again");
        gates.open("again");
        tryVerify(() => ends.every(end => end.isSettled));
        compare(task.values, ["again", "again"]);
    }

    function test_rerunPolicyMustBeOne() {
        const task = make({ rerunPolicy: ThreadTask.Queue });
        task.rerunPolicy = 77;
        compare(task.rerunPolicy, ThreadTask.Queue);
        compare(warnings.count("77 is no rerunPolicy"), 1);
    }

    function test_queueRunsOneAfterAnother() {
        const task = make({ task: "pass", rerunPolicy: ThreadTask.Queue });
        const ends = ["q1", "q2", "q3"].map(name => follow(task.start(name)));
        gates.open("q3");
        gates.open("q2");
        verify(!ends[1].isSettled);
        gates.open("q1");
        tryVerify(() => ends.every(end => end.isSettled));
        compare(ends.map(end => end.value), ["q1", "q2", "q3"]);
        compare(task.values, ["q1", "q2", "q3"]);
        compare(task.startedCount, 3);
    }

    function test_cancelForgetsWhatIsQueued() {
        const task = make({ task: "waitUntilCanceled", rerunPolicy: ThreadTask.Queue });
        const ends = [follow(task.start()), follow(task.start())];
        task.cancel();
        tryVerify(() => ends.every(end => end.isSettled));
        compare(ends.map(end => end.error.name), ["CanceledError", "CanceledError"]);
        compare(task.canceledCount, 1);
    }

    function test_cancelPreviousKeepsTheLast() {
        const task = make({ task: "waitUntilCanceled", rerunPolicy: ThreadTask.CancelPrevious });
        const first = follow(task.start());
        tryCompare(task, "status", ThreadTask.Running);
        task.task = "add";
        const second = follow(task.start(1, 2));
        const third = follow(task.start(2, 2));
        tryVerify(() => first.isSettled && second.isSettled && third.isSettled);
        compare(first.error.name, "CanceledError");
        compare(second.error.name, "CanceledError");
        compare(third.value, 4);
        compare(task.values, [4]);
        compare(task.canceledCount, 0);
    }

    function test_autoStartFollowsItsInputs() {
        const task = make({ task: "add", args: [1, 2], autoStart: true, rerunPolicy: ThreadTask.CancelPrevious });
        tryCompare(task, "result", 3);
        task.task = "echo";
        task.args = ["both changed"];
        tryCompare(task, "result", "both changed");
        compare(task.failedCount, 0);
        compare(task.finishedCount, 2);
        task.autoStart = false;
        task.args = [5];
        compare(task.status, ThreadTask.Ready);
    }

    function test_autoStartFollowsItsInputsUnderEveryPolicy_data() {
        return [{ tag: "Ignore" }, { tag: "Queue" }, { tag: "CancelPrevious" }, { tag: "OnceMore" }];
    }
    function test_autoStartFollowsItsInputsUnderEveryPolicy(data) {
        const [first, last] = ["first", "last"].map(name => name + data.tag);
        const task = make({ task: "pass", args: [first], autoStart: true, rerunPolicy: ThreadTask[data.tag] });
        tryCompare(task, "status", ThreadTask.Running);
        task.args = [1, 2];
        wait(0);
        task.args = [last];
        wait(0);
        gates.open(first);
        gates.open(last);
        tryCompare(task, "result", last);
        tryVerify(() => !task.running);

        task.args = [1, 2];
        tryCompare(task, "status", ThreadTask.Error);
        verify(task.errorString.includes("takes 1 argument"), task.errorString);
    }

    function test_autoStartThatIsBackAtItsInputsDoesNotRunAgain() {
        const task = make({ task: "pass", args: ["back"], autoStart: true });
        tryCompare(task, "status", ThreadTask.Running);
        task.args = ["away"];
        wait(0);
        task.args = ["back"];
        wait(0);
        gates.open("back");
        tryCompare(task, "status", ThreadTask.Ready);
        wait(0);
        compare(task.status, ThreadTask.Ready);
        compare(task.finishedCount, 1);
    }

    function test_autoStartWaitsForSomethingToRun() {
        const task = make({ autoStart: true });
        task.args = [1, 2];
        compare(task.status, ThreadTask.Null);
        task.task = "add";
        tryCompare(task, "result", 3);
        compare(task.failedCount, 0);
    }

    function test_destroyedTaskRejectsItsPromise() {
        const task = silentTasks.createObject(test, { task: "waitUntilCanceled" });
        const end = follow(task.start());
        tryCompare(task, "status", ThreadTask.Running);
        task.destroy();
        tryVerify(() => end.isSettled);
        compare(end.error.name, "CanceledError");
    }

    function test_handlersMayDoAnything() {
        const task = silentTasks.createObject(test, { task: "add" });
        task.finished.connect(() => task.destroy());
        compare(outcome(task.start(1, 2)).value, 3);

        const again = make({ task: "add" });
        let count = 0;
        again.finished.connect(value => { if (++count < 3) again.start(value, 1) });
        again.start(1, 1);
        tryVerify(() => count === 3);
        compare(again.result, 4);
        compare(again.status, ThreadTask.Ready);
    }

    function test_unhandledFailureWarnsOnce_data() {
        return [
            { tag: "nobody", warns: true, use: task => task.start("u-nobody") },
            { tag: "then alone", warns: true, use: task => task.start("u-then alone").then(() => 1) },
            { tag: "catch", warns: false, use: task => task.start("u-catch").catch(() => 1) },
            { tag: "then and catch", warns: false, use: task => task.start("u-then and catch").then(() => 1).catch(() => 1) },
            { tag: "all", warns: false, use: task => Promise.all([task.start("u-all")]).catch(() => 1) },
            { tag: "signal", warns: false, use: task => { task.failed.connect(() => 1); task.start("u-signal") } },
            { tag: "binding", warns: false, use: task => { task.errorChanged.connect(() => 1); task.start("u-binding") } },
            { tag: "status", warns: false, use: task => { test.watched = task; task.start("u-status") } },
            { tag: "async", warns: false,
              use: task => QFerry.async(function*() { try { yield task.start("u-async") } catch (e) { } }) },
        ];
    }
    function test_unhandledFailureWarnsOnce(data) {
        const task = createTemporaryObject(silentTasks, test, { task: "fail" });
        data.use(task);
        tryVerify(() => task.status === ThreadTask.Error);
        const turns = follow(Promise.resolve().then(() => 1).then(() => 1)); // two turns of the loop
        tryVerify(() => turns.isSettled);
        compare(warnings.count("u-" + data.tag), data.warns ? 1 : 0);
        watched = null;
    }

    function test_errorsOfHandlersAreToldOnceWithTheirPlace_data() {
        return [
            { tag: "then", warns: true, use: (task, fault) => task.start(1, 1).then(fault) },
            { tag: "then and then", warns: true, use: (task, fault) => task.start(1, 1).then(fault).then(() => 1).then(() => 1) },
            { tag: "catch", warns: true, use: (task, fault) => task.start("x").catch(fault) },
            { tag: "behind catch", warns: true, use: (task, fault) => task.start("x").catch(() => 1).then(fault) },
            { tag: "caught", warns: false, use: (task, fault) => task.start(1, 1).then(fault).catch(() => 1) },
            { tag: "yielded", warns: false,
              use: (task, fault) => QFerry.async(function*() { try { yield task.start(1, 1).then(fault) } catch (e) { } }) },
            { tag: "promise of another", warns: true, use: (task, fault) => task.start(1, 1).then(() => Promise.reject(failure(fault))) },
        ];
    }
    function failure(fault) {
        try {
            fault();
        } catch (error) {
            return error;
        }
    }
    function test_errorsOfHandlersAreToldOnceWithTheirPlace(data) {
        const task = createTemporaryObject(silentTasks, test, { task: "add" });
        const word = "typo of " + data.tag + ".";
        let count = 0;
        data.use(task, () => { ++count; throw new Error(word) });
        tryVerify(() => count === 1);
        for (let i = 0; i < 10; ++i)
            wait(0);
        compare(warnings.count(word), data.warns ? 1 : 0);
        if (data.warns)
            compare(warnings.count(word, "tst_threadtask.qml:"), 1);
    }

    function test_handlersThatMeetACancelAreNotTold() {
        const task = createTemporaryObject(silentTasks, test, { task: "waitUntilCanceled" });
        const before = warnings.count("CanceledError");
        const end = follow(task.start());
        task.start().then(() => 1);
        createTemporaryObject(silentTasks, test, { task: "add" }).start(1, 1).then(() => task.start());
        wait(20);
        task.cancel();
        tryVerify(() => end.isSettled);
        for (let i = 0; i < 10; ++i)
            wait(0);
        compare(warnings.count("CanceledError"), before);
    }

    function test_resultIsConvertedWhenItIsTaken() {
        const task = make({ task: "echo" });
        const ends = [task.start({ a: [1] }), task.start({ a: [1] }).then(undefined, () => 1), task.start({ a: [1] }).catch(() => 1)];
        const values = outcome(Promise.all(ends)).value;
        for (const value of values)
            compare(value, { a: [1] });
        const promise = task.start({ b: 2 });
        const twice = outcome(Promise.all([promise.then(value => value), promise.then(value => value)])).value;
        verify(twice[0] === twice[1]);
        compare(twice[0], { b: 2 });
    }
}
