// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import QFerry

TestCase {
    id: test
    name: "TaskMonitor"
    when: windowShown
    visible: true
    width: 420
    height: 320

    function initTestCase() { warnings.watch() }

    CapacityLimiter { id: two; name: "two"; totalTokens: 2 }
    Component {
        id: tasks
        ThreadTask { task: "pass"; limiter: two }
    }
    TaskMonitor { id: monitor; interval: 10 }
    Repeater {
        id: rows
        model: monitor
        Item {
            required property string name
            required property string callState
            required property double callId
            required property bool running
        }
    }

    function startThree(gate) {
        const started = [1, 2, 3].map(() => createTemporaryObject(tasks, test));
        for (const task of started)
            task.start(gate);
        return started;
    }
    function finish(started, gate) {
        for (const task of started)
            gates.open(gate);
        for (const task of started)
            tryCompare(task, "status", ThreadTask.Ready);
        tryCompare(monitor, "count", 0);
    }

    function test_totalsAndRows() {
        const started = startThree("rows");
        tryVerify(() => monitor.count === 3 && monitor.running === 2 && monitor.waiting === 1);
        compare(rows.count, 3);
        const items = [0, 1, 2].map(i => rows.itemAt(i));
        compare(items.filter(item => item.running && item.callState === "Running").length, 2);
        compare(items.filter(item => item.callState === "WaitsForToken").length, 1);
        verify(items.every(item => item.callId > 0));
        compare(monitor.stuck, 0);
        compare(monitor.progress, -1);
        verify(monitor.limiters.some(limiter => limiter.name === "two" && limiter.total === 2 && limiter.borrowed === 2
                                                && limiter.waiting === 1));
        finish(started, "rows");
    }

    function test_cancelAndStuck() {
        const task = createTemporaryObject(tasks, test);
        task.start("stuck");
        tryVerify(() => monitor.running === 1);
        monitor.stuckAfter = 0;
        verify(monitor.cancelRow(0));
        tryCompare(monitor, "stuck", 1);
        monitor.stuckAfter = 5000;
        gates.open("stuck");
        tryCompare(monitor, "count", 0);
        verify(!monitor.cancelRow(0));
    }

    function test_wrongValuesAreRefusedWithAWarning() {
        monitor.interval = 0;
        compare(monitor.interval, 10);
        compare(warnings.count("interval must be at least 1"), 1);
        monitor.stuckAfter = -1;
        compare(monitor.stuckAfter, 5000);
        compare(warnings.count("stuckAfter must not be negative"), 1);
    }

    /// Without Qt Quick Controls there are no panels, and nothing to be tested.
    function made(code) {
        try {
            return createTemporaryQmlObject("import QtQuick; import QFerry; " + code, test);
        } catch (error) {
            if (!String(error).includes("is not installed"))
                throw error;
            skip("Qt Quick Controls or Layouts are not installed");
        }
    }
    function child(item, text) {
        if (item.text === text && item.visible)
            return item;
        for (let i = 0; i < item.children.length; ++i) {
            const found = child(item.children[i], text);
            if (found)
                return found;
        }
        return null;
    }

    function test_panel() {
        const panel = made("TasksPanel { anchors.fill: parent }");
        verify(child(panel, "Nothing runs"));
        const started = startThree("panel");
        tryVerify(() => child(panel, "2 running, 1 waiting"));
        tryVerify(() => child(panel, "2 of 2, 1 wait"));
        const button = findButton(panel);
        mouseClick(button);
        tryVerify(() => panel.monitor.running === 2 && !button.enabled);
        for (const task of started) // one of which has been canceled
            gates.open("panel");
        tryVerify(() => started.every(task => !task.running));
        tryVerify(() => child(panel, "Nothing runs"));
    }
    /// The first one that cancels.
    function findButton(panel) {
        let button = null;
        tryVerify(() => (button = child(panel, "✕")) !== null);
        return button;
    }

    function test_button() {
        const button = made("TasksButton { y: 280 }");
        compare(button.text, "0 tasks");
        const started = startThree("button");
        tryCompare(button, "text", "3 tasks");
        mouseClick(button);
        finish(started, "button");
    }
}
