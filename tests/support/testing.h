// SPDX-License-Identifier: MIT
#pragma once

#include "blocker.h"
#include "counted.h"
#include "gate.h"
#include "loopthread.h"
#include "messages.h"
#include "samples.h"

#include <qferry/qferry.h>

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qtimer.h>
#include <QtTest/qtest.h>

#include <exception>
#include <optional>

namespace Testing {

/// Runs the calling thread's event loop until the predicate holds. False: the watchdog bit.
template <typename Predicate>
[[nodiscard]] bool spinUntil(Predicate &&predicate)
{
    const QDeadlineTimer deadline(watchdog);
    QTimer tick; // the loop turns at least that often, and as often as something happens
    tick.start(std::chrono::milliseconds(1));
    while (!predicate()) {
        if (deadline.hasExpired())
            return false;
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return true;
}

/// Runs the event loop until the call has finished and everything posted by then has been
/// delivered.
template <typename T>
[[nodiscard]] bool waitFor(const QFerry::PendingCall<T> &call)
{
    const bool finished = spinUntil([&call] { return call.isFinished(); });
    QCoreApplication::processEvents();
    return finished;
}

/// Runs the event loop until the call's outcome was delivered: its result, or its error thrown.
template <typename T>
T resultOf(const QFerry::PendingCall<T> &call)
{
    QObject context;
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
    std::exception_ptr error;
    const auto keep = [&result](auto &&...value) {
        if constexpr (std::is_void_v<T>)
            result = true;
        else
            result.emplace(std::forward<decltype(value)>(value)...);
    };
    const auto done = [&call, &context, &keep] {
        if constexpr (std::is_void_v<T>)
            return call.then(&context, keep);
        else
            return call.then(&context, [keep](T value) { keep(std::move(value)); });
    }();
    done.onFailed(&context, [&error](const std::exception_ptr &e) {
            error = e;
        }).onCanceled(&context, [&error] {
        error = std::make_exception_ptr(QFerry::CanceledError());
    });
    if (!spinUntil([&] { return result || error; }))
        throw std::runtime_error("the watchdog ended a wait for a call");
    if (error)
        std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

/// The same of a task, which is started here.
template <typename T>
T resultOfTask(QFerry::Task<T> task)
{
    return resultOf(std::move(task).start());
}

} // namespace Testing
