// SPDX-License-Identifier: MIT
// Promises for an engine that has neither async functions nor a notice of rejections that nobody handles.

// A result of C++, which becomes a value of JavaScript when somebody first takes it: that needs time.
class Result {
    constructor(unread) { this.unread = unread; }
    take() {
        if (this.unread) {
            this.value = this.unread.read();
            this.unread = null;
        }
        return this.value;
    }
}

function taken(value) {
    return value instanceof Result ? value.take() : value;
}

function then(promise, onValue, onError) {
    return Promise.prototype.then.call(promise, onValue, onError);
}

// Makes the failures those that the promise may be rejected with: they are marked as handled once
// somebody can hear of its rejection, or of that of a promise which follows from it.
function watched(promise, failures) {
    // An assignment would be refused: what is inherited is read-only.
    return Object.defineProperty(promise, "then", {
        value: function (onValue, onError) {
            const isHeard = typeof onError === "function";
            const own = { isHandled: false, isPassedOn: false };
            if (isHeard)
                failures.forEach(function (failure) { failure.isHandled = true; });
            const next = then(this,
                typeof onValue === "function" ? function (value) { return onValue(taken(value)); } : onValue,
                isHeard ? onError : function (error) { own.isPassedOn = true; throw error; });
            reportUnhandled(next, own, "A handler of a promise failed", "");
            return watched(next, isHeard ? [own] : failures.concat(own));
        }
    });
}

// Once scripts had their chance to attach a handler. A cancel is no mistake.
function reportUnhandled(promise, failure, what, place) {
    then(promise, undefined, function (error) {
        if (!failure.isHandled && !failure.isPassedOn && !(error && error.name === "CanceledError"))
            console.warn(placeOf(error, place) + what + " and nobody handled its error: " + error);
    });
}

// "file:///Main.qml:12: " of what was thrown in a script; of errors made here that of their context.
function placeOf(error, context) {
    const isOfScript = error instanceof Error && error.fileName && !error.fileName.endsWith("/promises.mjs");
    return isOfScript ? error.fileName + ":" + error.lineNumber + ": " : context;
}

// "file:///Main.qml:12: " of the script that has called into here.
function callersPlace() {
    const frames = new Error().stack.split("\n").map(function (frame) { return frame.slice(frame.indexOf("@") + 1); });
    const caller = frames.find(function (frame) { return frame && !frame.includes("/promises.mjs"); });
    return caller ? caller + ": " : "";
}

// A promise, and how to settle it.
export function deferred() {
    const failure = { isHandled: false };
    const result = { failure: failure };
    result.promise = watched(new Promise(function (resolve, reject) {
        result.resolve = function (unread) { resolve(new Result(unread)); };
        result.fail = function (name, message) {
            reject(Object.defineProperty(new Error(message), "name", { value: name }));
        };
    }), [failure]);
    return result;
}

function isTask(value) {
    return typeof value === "object" && value !== null && typeof value.startWithArgs === "function";
}

function isGenerator(value) {
    return typeof value === "object" && value !== null && typeof value.next === "function" && typeof value.throw === "function";
}

function isPromise(value) {
    return typeof value === "object" && value !== null && typeof value.then === "function";
}

// Why what was yielded cannot be meant: it would be taken for a plain value.
function mistakeIn(value) {
    if (isTask(value))
        return "yield does not start a ThreadTask: write yield task.start()";
    if (isGenerator(value))
        return "yield does not run a generator: write yield* before its call";
    if (Array.isArray(value) && value.some(function (item) { return isPromise(item) || isTask(item) || isGenerator(item); }))
        return "yield does not wait for what is in an array: write yield Promise.all([...]), of promises";
    return "";
}

// Runs a generator as an async function would run: each yield waits for what was yielded.
export function async(generatorFunction) {
    if (typeof generatorFunction !== "function")
        throw new TypeError("QFerry.async() takes a generator: QFerry.async(function*() { ... })");
    const failure = { isHandled: false };
    const promise = new Promise(function (resolve, reject) {
        const generator = generatorFunction();
        if (!isGenerator(generator))
            throw new TypeError("QFerry.async() takes a generator, a function* that yields what it waits for");
        function step(method, value) {
            let result;
            try {
                result = generator[method](value);
            } catch (error) {
                reject(error);
                return;
            }
            const mistake = result.done ? "" : mistakeIn(result.value);
            if (result.done)
                resolve(result.value);
            else if (mistake)
                throwInto(new TypeError(mistake));
            else
                Promise.resolve(result.value).then(goOn, throwInto);
        }
        function goOn(value) { step("next", value); }
        function throwInto(error) { step("throw", error); }
        step("next", undefined);
    });
    reportUnhandled(promise, failure, "QFerry.async() failed", callersPlace());
    return watched(promise, [failure]);
}
