// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/scopedcall.h>

#include <chrono>

namespace QFerry {

/**
 * Runs body in a scope that is canceled after the given time, and goes on then: returns the body's
 * result in a std::optional, empty if the deadline ended it (for a void body: whether it came to
 * its end).
 *
 * body runs right here. In a worker, checkCanceled() and the waits in it end it; in a loop thread,
 * let it return a PendingCall, QFuture or awaitable: the result then is a PendingCall of the
 * optional, and body is kept until what it returned has ended. Throws InvalidUseError if the time
 * is not positive.
 */
template <typename F>
auto moveOnAfter(std::chrono::nanoseconds time, F &&body)
{
    using R = typename Detail::OptionalResult<Detail::SettledType<std::invoke_result_t<F>>>::Type;
    return Detail::runUnderDeadline<R>(time, std::forward<F>(body), [] { return R(); });
}

/// The same, but a deadline that ended the body is an error: TimeoutError. Returns the body's
/// result.
template <typename F>
auto failAfter(std::chrono::nanoseconds time, F &&body)
{
    using R = Detail::SettledType<std::invoke_result_t<F>>;
    return Detail::runUnderDeadline<R>(time, std::forward<F>(body),
                                       []() -> R { Detail::throwDeadlinePassed(); });
}

} // namespace QFerry
