// SPDX-License-Identifier: MIT
// When calls may start, and why not. Any thread enters.
#pragma once

#include <exception>

namespace QFerry {

struct CallOptions;

namespace Detail {

/// Whether toThread() may start calls: not during and after shutdown(), nor in a child of fork().
bool acceptsCalls();
void setAccepting(bool accepting);
/// Why it may not.
std::exception_ptr refusalOfCalls();
/// Why not with these options; null if it may.
std::exception_ptr refusalOfCall(const CallOptions &options);
/// There is no thread for a call.
std::exception_ptr threadStartError();

/// Whether this is a child of fork(), in which there are no threads, and the mutexes may be locked
/// for ever.
bool isForked();

} // namespace Detail

} // namespace QFerry
