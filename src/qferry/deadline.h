// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/cancel/scopedcall.h>

#include <QtCore/qdeadlinetimer.h>

#include <chrono>

namespace QFerry {

/**
 * Runs body in a scope that is canceled after the given time, and goes on then: returns the body's
 * result in a std::optional, empty if the deadline ended it (for a void body: whether it came to
 * its end).
 *
 * body runs right here. In a worker, checkCanceled() and the waits in it end it; in a loop thread,
 * let it return a PendingCall, QFuture or awaitable: the result then is a PendingCall of the
 * optional, and body is kept until what it returned has ended.
 *
 * The deadline ends all waits of this library in the body: for calls, which end as canceled ones
 * do, for items of channels and streams, for tokens, portals and QFutures (these are canceled, and
 * not waited for any more). What a coroutine awaits that is none of these goes on unheard, and so
 * does the coroutine, using what it uses; with co_await inContext() the coroutine ends instead.
 *
 * If the time is not positive, body is canceled at its first wait. reason says what the time was
 * for: it is the reason of the CanceledError that ends the body.
 */
template <typename F>
auto moveOnAfter(std::chrono::nanoseconds time, F &&body, const QString &reason = {})
{
    using R = typename Detail::OptionalResult<Detail::SettledType<Detail::ScopedReturned<F>>>::Type;
    return Detail::runScoped<R>(Detail::scopeWithDeadline(time, reason), std::forward<F>(body),
                                [] { return R(); });
}

/// The same, but a deadline that ended the body is an error: TimeoutError, which names the reason.
/// Returns the body's result.
template <typename F>
auto failAfter(std::chrono::nanoseconds time, F &&body, const QString &reason = {})
{
    using R = Detail::SettledType<Detail::ScopedReturned<F>>;
    return Detail::runScoped<R>(Detail::scopeWithDeadline(time, reason), std::forward<F>(body),
                                [reason]() -> R { Detail::throwDeadlinePassed(reason); });
}

/// A point in time: a QDeadlineTimer, or a time_point of a std::chrono clock.
template <typename T>
concept TimePoint = Detail::IsTimePoint<std::remove_cvref_t<T>>::value;

/// As moveOnAfter(), with a point in time; it may have passed.
template <TimePoint Time, typename F>
auto moveOnAt(const Time &deadline, F &&body, const QString &reason = {})
{
    using R = typename Detail::OptionalResult<Detail::SettledType<Detail::ScopedReturned<F>>>::Type;
    return Detail::runScoped<R>(Detail::scopeWithDeadline(QDeadlineTimer(deadline), reason),
                                std::forward<F>(body), [] { return R(); });
}

/// As failAfter(), with a point in time; it may have passed.
template <TimePoint Time, typename F>
auto failAt(const Time &deadline, F &&body, const QString &reason = {})
{
    using R = Detail::SettledType<Detail::ScopedReturned<F>>;
    return Detail::runScoped<R>(Detail::scopeWithDeadline(QDeadlineTimer(deadline), reason),
                                std::forward<F>(body),
                                [reason]() -> R { Detail::throwDeadlinePassed(reason); });
}

} // namespace QFerry
