// SPDX-License-Identifier: MIT
// The run of an asynchronous function: a task of the thread that starts it.
#include "asyncrun_p.h"

#include <qferry/deadline.h>
#include <qferry/limitertoken.h>
#include <qferry/tothread.h>

namespace QFerry::Detail {

namespace {

struct AsyncRun
{
    std::function<AsyncTaskFunction> function;
    QVariantList values;
    ProgressSink sink;
    CapacityLimiter *limiter; // until the first wait
};

/// Nothing of the function runs inside of who starts it, or once it was canceled.
Task<QVariant> runWithToken(AsyncRun run)
{
    LimiterToken token;
    if (run.limiter)
        token = co_await run.limiter->acquireToken();
    co_await checkpoint();
    run.sink(Progress());
    co_return co_await run.function(run.values, run.sink);
}

PendingCall<QVariant> startRun(AsyncRun run, const CallOptions &options)
{
    return startTask({ .name = options.name, .scope = options.scope }, &runWithToken,
                     std::move(run));
}

PendingCall<QVariant> startTimedRun(AsyncRun run, const CallOptions &options)
{
    if (!options.timeout)
        return startRun(std::move(run), options);
    return failAfter(
            *options.timeout, [&] { return startRun(std::move(run), options); },
            QStringLiteral("the timeout of the task %1").arg(options.name));
}

} // namespace

PendingCall<QVariant> runAsync(std::function<AsyncTaskFunction> function, QVariantList values,
                               ProgressSink sink, const CallOptions &options)
{
    if (options.timeout && *options.timeout <= std::chrono::nanoseconds::zero())
        return toThread(options, [] { return QVariant(); }); // says what is wrong with that
    if (!sink)
        sink = [](const Progress &) {};
    const auto call = startTimedRun(
            { std::move(function), std::move(values), std::move(sink), options.limiter }, options);
    return options.abandonOnCancel ? abandonOnCancel(call) : call;
}

} // namespace QFerry::Detail
