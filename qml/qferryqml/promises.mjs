// SPDX-License-Identifier: MIT
// Promises for an engine that has neither async functions nor a notice of rejections that nobody handles.

// Marks the failure as handled once somebody can hear of the promise's rejection, or of that of one
// which follows from it.
function watched(promise, failure) {
    // An assignment would be refused: what is inherited is read-only.
    return Object.defineProperty(promise, "then", {
        value: function (onValue, onError) {
            const next = Promise.prototype.then.call(this, onValue, onError);
            if (typeof onError === "function") {
                failure.isHandled = true;
                return next;
            }
            return watched(next, failure);
        }
    });
}

// A promise, and how to settle it.
export function deferred() {
    const failure = { isHandled: false };
    const result = { failure: failure };
    result.promise = watched(new Promise(function (resolve, reject) {
        result.resolve = resolve;
        result.fail = function (name, message) {
            reject(Object.defineProperty(new Error(message), "name", { value: name }));
        };
    }), failure);
    return result;
}

// Runs a generator as an async function would run: each yield waits for what was yielded.
export function async(generatorFunction) {
    if (typeof generatorFunction !== "function")
        throw new TypeError("QFerry.async() takes a generator: QFerry.async(function*() { ... })");
    const failure = { isHandled: false };
    const promise = new Promise(function (resolve, reject) {
        const generator = generatorFunction();
        if (generator === null || typeof generator !== "object" || typeof generator.next !== "function")
            throw new TypeError("QFerry.async() takes a generator, a function* that yields what it waits for");
        function step(method, value) {
            let result;
            try {
                result = generator[method](value);
            } catch (error) {
                reject(error);
                return;
            }
            if (result.done)
                resolve(result.value);
            else
                Promise.resolve(result.value).then(goOn, throwInto);
        }
        function goOn(value) { step("next", value); }
        function throwInto(error) { step("throw", error); }
        step("next", undefined);
    });
    promise.then(undefined, function (error) {
        if (!failure.isHandled)
            console.warn("QFerry.async: nobody handled " + error);
    });
    return watched(promise, failure);
}
