// SPDX-License-Identifier: MIT
// Promises for an engine whose own have neither a cancel nor a notice of rejections that nobody handles.

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

export function isPromise(value) {
    return typeof value === "object" && value !== null && typeof value.then === "function";
}

// Whether that was to be canceled, and could be.
export function cancelPromise(promise) {
    const isCancelable = isPromise(promise) && typeof promise.cancel === "function";
    if (isCancelable)
        promise.cancel();
    return isCancelable;
}

// Makes the failures those that the promise may be rejected with: they are marked as handled once
// somebody can hear of its rejection, or of that of a promise which follows from it. cancel() ends
// what it stands for, and of one that follows also what its handler waits for.
export function watched(promise, failures, cancel) {
    // An assignment would be refused: what is inherited is read-only.
    Object.defineProperty(promise, "cancel", { value: cancel });
    return Object.defineProperty(promise, "then", {
        value: function (onValue, onError) {
            const isHeard = typeof onError === "function";
            const own = { isHandled: false, isPassedOn: false };
            let returned;
            function keep(value) { // in return returned = onValue(value) the engine forgets to assign
                returned = value;
                return value;
            }
            if (isHeard)
                failures.forEach(function (failure) { failure.isHandled = true; });
            const next = then(this,
                typeof onValue === "function" ? function (value) { return keep(onValue(taken(value))); } : onValue,
                isHeard ? function (error) { return keep(onError(error)); }
                        : function (error) { own.isPassedOn = true; throw error; });
            reportUnhandled(next, own, "A handler of a promise failed", "");
            return watched(next, isHeard ? [own] : failures.concat(own), function () {
                cancel();
                cancelPromise(returned);
            });
        }
    });
}

export function isCanceled(error) {
    return Boolean(error) && error.name === "CanceledError";
}

// Once scripts had their chance to attach a handler. A cancel is no mistake.
export function reportUnhandled(promise, failure, what, place) {
    then(promise, undefined, function (error) {
        if (!failure.isHandled && !failure.isPassedOn && !isCanceled(error))
            console.warn(placeOf(error, place) + what + " and nobody handled its error: " + error);
    });
}

function isOfModule(place) {
    return place.includes("/qt-project.org/imports/QFerry/");
}

// "file:///Main.qml:12: " of what was thrown in a script; of errors made here that of their context.
function placeOf(error, context) {
    const isOfScript = error instanceof Error && error.fileName && !isOfModule(error.fileName);
    return isOfScript ? error.fileName + ":" + error.lineNumber + ": " : context;
}

// "file:///Main.qml:12: " of the script that has called into here.
export function callersPlace() {
    const frames = new Error().stack.split("\n").map(function (frame) { return frame.slice(frame.indexOf("@") + 1); });
    const caller = frames.find(function (frame) { return frame && !isOfModule(frame); });
    return caller ? caller + ": " : "";
}

export function namedError(name, message) {
    return Object.defineProperty(new Error(message), "name", { value: name });
}

export function canceledError(reason) {
    return namedError("CanceledError", "The call was canceled" + (reason ? ": " + reason : ""));
}

// A promise, and how to settle it. What is given has cancel().
export function deferred(canceler) {
    const failure = { isHandled: false };
    const result = { failure: failure };
    result.promise = watched(new Promise(function (resolve, reject) {
        result.resolve = function (unread) { resolve(new Result(unread)); };
        result.fail = function (name, message, details) {
            const error = namedError(name, message);
            if (details !== undefined)
                error.details = details;
            reject(error);
        };
    }), [failure], function () { canceler.cancel(); });
    result.report = function (what) { reportUnhandled(result.promise, failure, what, callersPlace()); };
    return result;
}
