// SPDX-License-Identifier: MIT
import QtQml
import QFerry

/// ThreadTask as QML sees it: start() takes arguments of any number and kind. (Those of a C++ function
/// would reach it without undefined at their end, and with typed arrays and symbols made something else.)
ThreadTaskBase {
    function start(...args) { return startWithArgs(args) }
}
