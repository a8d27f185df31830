// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/calloptions.h>
#include <qferry/cancelscope.h>
#include <qferry/capacitylimiter.h>
#include <qferry/pendingcall.h>
#include <qferry/worker/functioncall.h>

namespace QFerry {

/**
 * Runs fn(args...) in a worker thread and returns at once. The function and its arguments are moved
 * there, and destroyed there when the call ends; the result is delivered by the handle. What fn has
 * left to deleteLater() is deleted there, too, before that (of many short calls in a row, what some
 * of them have left, after the last of those).
 *
 * fn may take a QPromise<T> & first, as with QtConcurrent::run(), to give several results and
 * progress.
 *
 * May be called in any thread. Throws nothing: what is wrong with the call is the call's error.
 */
template <typename F, typename... Args>
requires(!std::same_as<std::remove_cvref_t<F>, CallOptions>) auto toThread(F &&fn, Args &&...args)
{
    Detail::checkCallable<F, Args...>();
    using R = typename Detail::CallResult<F, Args...>::Type;
    return Detail::makeCall<R>(CallOptions(), std::forward<F>(fn), std::forward<Args>(args)...);
}

/// The same with options: toThread({.name = u"scan"_s}, fn, args...).
template <typename F, typename... Args>
auto toThread(const CallOptions &options, F &&fn, Args &&...args)
{
    Detail::checkCallable<F, Args...>();
    using R = typename Detail::CallResult<F, Args...>::Type;
    return Detail::makeCall<R>(options, std::forward<F>(fn), std::forward<Args>(args)...);
}

} // namespace QFerry
