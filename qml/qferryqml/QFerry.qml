// SPDX-License-Identifier: MIT
pragma Singleton
import QtQml
import QFerry

/// The functions of the singleton QFerry; docs/qml-reference.md tells what they do. (Those of a C++ class
/// could not take any number of arguments.)
QFerryBase {
    function run(what, ...args) { return script("run", [what, ...args]) }
    function promise(value) { return script("promise", [value]) }
    function async(...args) { return script("async", args) }
    function all(promises) { return script("all", [promises]) }
    function allSettled(promises) { return script("allSettled", [promises]) }
    function any(promises) { return script("any", [promises]) }
    function race(promises) { return script("race", [promises]) }
    function delay(milliseconds, value) { return script("delay", [milliseconds, value]) }
    function retry(make, options) { return script("retry", [make, options]) }
}
