// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import QFerry

TestCase {
    id: test
    name: "images"

    function initTestCase() { warnings.watch() }

    Component { id: images; Image { cache: false } }

    function make(task, args, properties) {
        const query = args.map(encodeURIComponent).join("&");
        return createTemporaryObject(images, test, Object.assign({ source: "image://qferry/" + task + "?" + query }, properties));
    }

    function test_aTaskMakesAnImage_data() {
        return ["plain", "/a folder/ä & b=c#d?e+f%41.png", "%", "=", "日本"].map(text => ({ tag: text }));
    }
    function test_aTaskMakesAnImage(data) {
        const image = make("picture", [data.tag]);
        tryCompare(image, "status", Image.Ready);
        compare([image.implicitWidth, image.implicitHeight], [3, 2]);
        compare(events.count(data.tag), 1);
        const sized = make("picture", [data.tag], { sourceSize: Qt.size(20, 10) });
        tryCompare(sized, "status", Image.Ready);
        compare([sized.implicitWidth, sized.implicitHeight], [20, 10]);
    }

    function test_namesOfArgumentsAreForPeople() {
        const image = createTemporaryObject(images, test, { source: "image://qferry/picture?text=named" });
        tryCompare(image, "status", Image.Ready);
        compare(events.count("named"), 1);
    }

    function test_errorsAreThoseOfTheImage_data() {
        return [
            { tag: "unknown", task: "pictur", args: ["a"], message: 'no task called "pictur"' },
            { tag: "arguments", task: "picture", args: [], message: "takes 2 arguments" },
            { tag: "failed", task: "fail", args: ["i-why"], message: "i-why" },
            { tag: "no image", task: "echo", args: ["a"], message: "made no image" },
        ];
    }
    function test_errorsAreThoseOfTheImage(data) {
        const image = make(data.task, data.args);
        tryCompare(image, "status", Image.Error);
        verify(warnings.count(data.message) >= 1);
    }

    function test_anImageThatGoesCancelsItsTask_data() {
        return [
            { tag: "destroyed", end: image => image.destroy() },
            { tag: "of another source", end: image => image.source = "" },
        ];
    }
    function test_anImageThatGoesCancelsItsTask(data) {
        const image = images.createObject(test, { source: "image://qferry/endlessPicture?" + encodeURIComponent(data.tag) });
        tryVerify(() => events.count(data.tag) === 1);
        data.end(image);
        tryVerify(() => events.count(data.tag + " ended") === 1);
        verify(warnings.count("nobody canceled") === 0);
        if (data.tag !== "destroyed")
            image.destroy();
    }

    function test_theEngineMayGoWhileAnImageIsMade() {
        images.createObject(test, { source: "image://qferry/endlessPicture?at%20the%20end" });
        tryVerify(() => events.count("at the end") === 1);
    }
}
