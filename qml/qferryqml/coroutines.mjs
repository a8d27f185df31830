// SPDX-License-Identifier: MIT
// Generators that run as async functions do elsewhere, for an engine that has none.
import { callersPlace, canceledError, cancelPromise, isPromise, reportUnhandled, watched } from "./promises.mjs";

function isObject(value) {
    return typeof value === "object" && value !== null;
}

export function isTask(value) {
    return isObject(value) && typeof value.startWithArgs === "function";
}

export function isGenerator(value) {
    return isObject(value) && typeof value.next === "function" && typeof value.throw === "function";
}

// The promise of a future or call of C++; anything else as it is.
export function asPromise(host, value) {
    return isObject(value) && !isPromise(value) && host.isCall(value) ? host.promiseOf(value) : value;
}

// Why what was yielded cannot be meant: it would be taken for a plain value.
function mistakeIn(value) {
    if (isTask(value))
        return "yield does not start a ThreadTask: write yield task.start()";
    if (isGenerator(value))
        return "yield does not run a generator: write yield* before its call";
    if (Array.isArray(value) && value.some(function (item) { return isPromise(item) || isTask(item) || isGenerator(item); }))
        return "yield does not wait for what is in an array: write yield QFerry.all([...]), of promises";
    return "";
}

class Coroutine {
    constructor(host, generator, resolve, reject) {
        this.host = host;
        this.generator = generator;
        this.resolve = resolve;
        this.reject = reject;
        this.wait = null; // what it waits for: its end makes the next step, unless another wait came
        this.isOver = false;
        this.isCanceled = false;
    }

    step(method, value) {
        if (this.owner && this.owner.isGone())
            this.leave();
        if (this.isOver)
            return;
        this.wait = null;
        let result;
        try {
            result = this.generator[method](value);
        } catch (error) {
            this.end(this.reject, error);
            return;
        }
        if (this.isOver)
            return; // its owner went while it ran
        if (result.done)
            this.end(this.resolve, result.value);
        else
            this.await(result.value);
    }

    await(value) {
        const mistake = mistakeIn(value);
        try {
            this.waitFor(mistake ? Promise.reject(new TypeError(mistake)) : asPromise(this.host, value));
        } catch (error) {
            this.waitFor(Promise.reject(error));
        }
        if (this.isCanceled)
            this.cancelWait();
    }

    waitFor(value) {
        const self = this;
        const wait = this.wait = { value: value };
        function next(method) {
            return function (value) {
                if (self.wait === wait)
                    self.step(method, value);
            };
        }
        Promise.resolve(value).then(next("next"), next("throw"));
    }

    // What can be canceled is waited for until it has ended; nothing else is.
    cancelWait() {
        if (!cancelPromise(this.wait.value))
            this.waitFor(Promise.reject(canceledError()));
    }

    cancel() {
        if (this.isOver)
            return;
        this.isCanceled = true;
        if (this.wait)
            this.cancelWait();
    }

    // The owner is gone: no line of the generator runs any more.
    leave() {
        if (this.isOver)
            return;
        const wait = this.wait;
        this.end(this.reject, canceledError("the owner of the QFerry.async() was destroyed"));
        if (wait)
            cancelPromise(wait.value);
    }

    end(settle, value) {
        if (this.isOver)
            return;
        this.isOver = true;
        this.wait = this.generator = null;
        if (this.owner)
            this.owner.end();
        settle(value);
    }
}

function run(host, owner, generatorFunction, resolve, reject) {
    const generator = generatorFunction();
    if (!isGenerator(generator))
        throw new TypeError("QFerry.async() takes a generator, a function* that yields what it waits for");
    const coroutine = new Coroutine(host, generator, resolve, reject);
    if (owner)
        coroutine.owner = host.watch(owner, function () { coroutine.leave(); });
    coroutine.step("next", undefined);
    return coroutine;
}

// Runs a generator as an async function would run: each yield waits for what was yielded.
export function startCoroutine(host, owner, generatorFunction) {
    const failure = { isHandled: false };
    let coroutine = null;
    const promise = new Promise(function (resolve, reject) {
        coroutine = run(host, owner, generatorFunction, resolve, reject);
    });
    reportUnhandled(promise, failure, "QFerry.async() failed", callersPlace());
    return watched(promise, [failure], function () {
        if (coroutine)
            coroutine.cancel();
    });
}
