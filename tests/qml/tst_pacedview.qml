// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import QFerry

// A view that asks a ThreadStreamModel for rows, directly and behind a filter.
TestCase {
    id: test
    name: "PacedView"
    when: windowShown
    width: 100
    height: 100

    Component {
        id: models
        ThreadStreamModel {
            task: "numbersTo"
            args: [1000]
            prefetch: 10
        }
    }
    Component {
        id: views
        ListView {
            width: 100
            height: 100
            cacheBuffer: 0
            delegate: Text {
                required property var modelData
                height: 10
                text: modelData
            }
        }
    }

    function make() {
        const model = createTemporaryObject(models, test);
        model.start();
        return model;
    }
    function isIdle(model) {
        const count = model.count;
        wait(350); // longer than what comes by itself takes
        return model.count === count;
    }

    function test_viewAsksForWhatItShows() {
        const model = make();
        const view = createTemporaryObject(views, test, { model: model });
        tryVerify(() => model.count >= 10 && isIdle(model));
        verify(model.count < 100);
        view.positionViewAtEnd();
        const before = model.count;
        tryVerify(() => model.count > before);
    }

    function test_knownFilterIsFilledAndThenPaced_data() {
        return [{ tag: "few rows", pattern: "5$" }, { tag: "none at first", pattern: "^1[0-9][0-9]$" }];
    }
    function test_knownFilterIsFilledAndThenPaced(data) {
        const model = make();
        model.proxy = filters.make(model, data.pattern);
        const view = createTemporaryObject(views, test, { model: model.proxy });
        tryVerify(() => view.count >= 10 && isIdle(model));
        verify(model.count < 300);
        view.positionViewAtEnd();
        const before = view.count;
        tryVerify(() => view.count > before);
    }

    function test_changeOfAKnownFilterBringsOtherRows() {
        const model = make();
        model.proxy = filters.make(model, "5$");
        const view = createTemporaryObject(views, test, { model: model.proxy });
        tryVerify(() => view.count >= 10 && isIdle(model));
        filters.change(model.proxy, "^3[0-9][0-9]$");
        tryVerify(() => view.count >= 10 && isIdle(model));
        verify(model.count < 500);
    }

    function test_unknownFilterThatTakesNothingAtFirstIsFilled() {
        const model = make();
        const view = createTemporaryObject(views, test, { model: filters.make(model, "^1[0-9][0-9]$") });
        tryVerify(() => view.count >= 10);
    }

    function test_fetchAllFillsAViewBehindAFilter() {
        const model = make();
        const view = createTemporaryObject(views, test, { model: filters.make(model, "^99") });
        model.fetchAll();
        tryCompare(view, "count", 11); // 99 and 990 to 999
        compare(model.count, 1000);
    }
}
