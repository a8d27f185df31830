// SPDX-License-Identifier: MIT
// The functions of QFerry that make promises. The first argument of each is a PromiseHost, of C++.
import { callersPlace, canceledError, cancelPromise, isCanceled, isPromise, namedError, reportUnhandled, watched } from "./promises.mjs";
import { asPromise, isGenerator, isTask, startCoroutine } from "./coroutines.mjs";

export function run(host, what, ...args) {
    return host.run(what, args);
}

export function promise(host, value) {
    return isPromise(value) ? value : host.promiseOf(value);
}

export function async(host, ...args) {
    const hasOwner = args.length > 1;
    const [owner, generatorFunction] = hasOwner ? args : [null, ...args];
    if (typeof generatorFunction !== "function")
        throw new TypeError("QFerry.async() takes a generator: QFerry.async(function*() { ... }), "
                            + "or an object and a generator, which ends with the object");
    if (hasOwner && !host.isObject(owner))
        throw new TypeError("QFerry.async() was given an owner that is no object, or is gone");
    return startCoroutine(host, owner, generatorFunction);
}

// --- Several as one

function listOf(name, values) {
    if (typeof values !== "object" || values === null || typeof values[Symbol.iterator] !== "function")
        throw new TypeError("QFerry." + name + "() takes a list of promises: QFerry." + name + "([one, other])");
    return Array.from(values);
}

function partOf(host, name, value) {
    if (isTask(value))
        throw new TypeError("QFerry." + name + "() does not start a ThreadTask: give it task.start()");
    if (isGenerator(value))
        throw new TypeError("QFerry." + name + "() does not run a generator: give it QFerry.async(function*() { ... })");
    return asPromise(host, value);
}

// Of parts, which are canceled with it.
function combined(host, name, values, combine) {
    const parts = listOf(name, values).map(function (value) { return partOf(host, name, value); });
    const failure = { isHandled: false };
    const promise = combine(parts.map(function (part) { return Promise.resolve(part); }));
    reportUnhandled(promise, failure, "QFerry." + name + "() failed", callersPlace());
    return watched(promise, [failure], function () { parts.forEach(cancelPromise); });
}

export function all(host, values) {
    return combined(host, "all", values, function (parts) { return Promise.all(parts); });
}

export function race(host, values) {
    return combined(host, "race", values, function (parts) { return Promise.race(parts); });
}

export function allSettled(host, values) {
    return combined(host, "allSettled", values, function (parts) {
        return Promise.all(parts.map(function (part) {
            return part.then(function (value) { return { status: "fulfilled", value: value }; },
                             function (reason) { return { status: "rejected", reason: reason }; });
        }));
    });
}

function errorOfAll(errors) {
    if (errors.length > 0 && errors.every(isCanceled))
        return errors[0];
    const texts = errors.map(String).join("; ");
    const error = namedError("AggregateError", "None of " + errors.length + " promises was fulfilled" + (texts && ": " + texts));
    error.errors = errors;
    return error;
}

export function any(host, values) {
    return combined(host, "any", values, function (parts) {
        return new Promise(function (resolve, reject) {
            const errors = [];
            let missing = parts.length;
            function end() {
                if (missing === 0)
                    reject(errorOfAll(errors));
            }
            parts.forEach(function (part, index) {
                part.then(resolve, function (error) {
                    errors[index] = error;
                    --missing;
                    end();
                });
            });
            end();
        });
    });
}

// --- In time

const longest = 2147483647;

function requireTime(what, milliseconds) {
    if (typeof milliseconds !== "number" || !(milliseconds >= 0 && milliseconds <= longest))
        throw new RangeError(what + " is a number of milliseconds, from 0 to " + longest + ", not " + milliseconds);
}

export function delay(host, milliseconds, value) {
    requireTime("The time of QFerry.delay()", milliseconds);
    let cancel;
    const promise = new Promise(function (resolve, reject) {
        const timer = host.after(milliseconds, function () { resolve(value); });
        cancel = function () {
            timer.cancel();
            reject(canceledError());
        };
    });
    return watched(promise, [], cancel);
}

const retryDefaults = { count: 3, delay: 100, factor: 2, maxDelay: 30000, when: function () { return true; } };

function retryOptions(given) {
    for (const name in given)
        if (!(name in retryDefaults))
            throw new TypeError("QFerry.retry() has no option " + name + ", only " + Object.keys(retryDefaults).join(", "));
    const options = Object.assign({}, retryDefaults, given);
    if (!Number.isInteger(options.count) || options.count < 1)
        throw new RangeError("The count of QFerry.retry() is a whole number of attempts, at least 1, not " + options.count);
    requireTime("The delay of QFerry.retry()", options.delay);
    requireTime("The maxDelay of QFerry.retry()", options.maxDelay);
    if (typeof options.factor !== "number" || !(options.factor >= 1))
        throw new RangeError("The factor of QFerry.retry() is a number, at least 1, not " + options.factor);
    if (typeof options.when !== "function")
        throw new TypeError("The when of QFerry.retry() is a function of the error");
    return options;
}

// The next attempt would end in the same way.
function isFinal(error) {
    return isCanceled(error) || Boolean(error) && error.name === "InvalidUseError";
}

// What an attempt is: of a generator, which function* makes, its run.
function attemptOf(host, value) {
    return isGenerator(value) ? startCoroutine(host, null, function () { return value; }) : partOf(host, "retry", value);
}

export function retry(host, make, given) {
    if (typeof make !== "function")
        throw new TypeError("QFerry.retry() takes a function that makes a promise: QFerry.retry(() => task.start())");
    const options = retryOptions(given);
    return startCoroutine(host, null, function* () {
        let pause = Math.min(options.delay, options.maxDelay);
        for (let attempt = 1; ; ++attempt) {
            try {
                return yield attemptOf(host, make(attempt));
            } catch (error) {
                if (attempt === options.count || isFinal(error) || !options.when(error))
                    throw error;
            }
            yield delay(host, pause);
            pause = Math.min(pause * options.factor, options.maxDelay);
        }
    });
}
