// SPDX-License-Identifier: MIT
import QtQml
import QtTest
import QFerry

TestCase {
    id: test
    name: "CapacityLimiter"

    function initTestCase() { warnings.watch() }

    CapacityLimiter { id: two; totalTokens: 2 }
    QtObject {
        id: shown
        property int total: two.totalTokens
        property int borrowed: two.borrowedTokens
        property int available: two.availableTokens
        property int waiting: two.waiting
    }
    Component {
        id: tasks
        ThreadTask { task: "pass"; limiter: two }
    }

    function init() { two.totalTokens = 2 }

    function test_figuresAreLive() {
        compare([shown.total, shown.borrowed, shown.available, shown.waiting], [2, 0, 2, 0]);
        const started = [1, 2, 3].map(() => createTemporaryObject(tasks, test));
        for (const task of started)
            task.start("limited");
        tryVerify(() => shown.borrowed === 2 && shown.available === 0 && shown.waiting === 1);
        two.totalTokens = 3;
        compare(shown.total, 3);
        tryVerify(() => shown.borrowed === 3 && shown.waiting === 0);
        for (const task of started)
            gates.open("limited");
        tryVerify(() => shown.borrowed === 0 && shown.available === 3);
        for (const task of started)
            tryCompare(task, "status", ThreadTask.Ready);
    }

    function test_nobodyIsAdmittedWithoutTokens() {
        two.totalTokens = 0;
        const task = createTemporaryObject(tasks, test);
        task.start("admitted");
        gates.open("admitted");
        compare(task.status, ThreadTask.Queued);
        two.totalTokens = 1;
        tryCompare(task, "status", ThreadTask.Ready);
    }

    function test_negativeTotalIsRefusedWithAWarning() {
        two.totalTokens = -3;
        compare(two.totalTokens, 2);
        compare(warnings.count("-3 tokens are less than none"), 1);
    }

    function test_unlimitedIsLegal() {
        two.totalTokens = two.unlimited;
        compare(two.totalTokens, two.unlimited);
    }

    function test_destroyedLimiterLetsItsTasksEnd() {
        const own = Qt.createQmlObject("import QFerry; CapacityLimiter { }", test);
        const started = ["own1", "own2"].map(() => createTemporaryObject(tasks, test, { limiter: own }));
        started[0].start("own1");
        started[1].start("own2");
        own.destroy();
        tryVerify(() => started[1].limiter === null);
        gates.open("own1");
        gates.open("own2");
        for (const task of started)
            tryCompare(task, "status", ThreadTask.Ready);
    }

    function test_defaultLimiterIsASingletonsProperty() {
        compare(QFerry.defaultLimiter.totalTokens, 40);
        QFerry.defaultLimiter.totalTokens = 0;
        const task = createTemporaryObject(tasks, test, { task: "add", limiter: null });
        task.start(1, 2);
        compare(task.status, ThreadTask.Queued);
        QFerry.defaultLimiter.totalTokens = 40;
        tryCompare(task, "result", 3);
    }
}
