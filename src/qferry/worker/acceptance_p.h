// SPDX-License-Identifier: MIT
// When calls may start, and why not. Any thread enters.
#pragma once

#include <exception>

namespace QFerry::Detail {

/// Whether toThread() may start calls: not during and after shutdown(), nor in a child of fork().
bool acceptsCalls();
void setAccepting(bool accepting);
/// Why it may not.
std::exception_ptr refusalOfCalls();
/// A call's timeout is not positive.
std::exception_ptr timeoutError();
/// There is no thread for a call.
std::exception_ptr threadStartError();

/// Whether this is a child of fork(), in which there are no threads, and the mutexes may be locked
/// for ever.
bool isForked();

} // namespace QFerry::Detail
