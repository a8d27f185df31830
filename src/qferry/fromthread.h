// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/base/methodcall.h>
#include <qferry/looptoken.h>
#include <qferry/pendingcall.h>
#include <qferry/wait/asyncrequest.h>
#include <qferry/wait/blockingrequest.h>
#include <qferry/wait/fromthreadcaller.h>

namespace QFerry {

/**
 * Runs fn(args...) in the thread of the given loop and waits for it; if fn is asynchronous (returns
 * a QFuture, a PendingCall or an awaitable) it waits for what comes of that, while the loop goes
 * on. Returns its value, throws its error.
 *
 * May be called in any thread but the loop's own (InvalidUseError). Throws LoopFinishedError if the
 * loop ends, or has ended, before fn runs; CanceledError if the loop ends while something
 * asynchronous is under way, if that is canceled, or if the calling worker's call (unless that is
 * abandonable) or the caller's scope is.
 *
 * An asynchronous fn does not run if one of these has been canceled before. If they are canceled
 * later, so are what fn returned and the calls that it made, and this waits for the end of what it
 * returned, which may use what is the caller's; not for that of a QFuture, which need not end.
 *
 * In a thread with an event loop of its own, that does not turn meanwhile: after 100 ms, who waits
 * for it in fromThread(), and tasks of portals in it, are ended (LoopFinishedError, CanceledError),
 * as this thread may wait for them. InvalidUseError is thrown at once where it is plain that two
 * loops would wait for each other.
 */
template <typename F, typename... Args>
requires(!Detail::ContextPointer<F>) auto fromThread(const LoopToken &loop, F &&fn, Args &&...args)
{
    static_assert(std::invocable<std::decay_t<F>, std::decay_t<Args>...>,
                  "QFerry: fromThread(fn, args...) cannot call fn with these arguments");
    using Raw = Detail::ReturnType<F, Args...>;
    using R = Detail::SettledType<Raw>;
    Detail::requireFunction(fn, "fromThread()");
    if constexpr (Detail::Asynchronous<Raw>) {
        auto bound = Detail::bindCall(std::forward<F>(fn), std::forward<Args>(args)...);
        const QExplicitlySharedDataPointer request(new Detail::AsyncFunction(std::move(bound)));
        return Detail::takeResult<R>(request->runAndWait(loop));
    } else {
        // The caller waits, so nothing needs to be copied but what fn takes by value.
        auto call = [&]() -> Raw {
            return std::invoke(std::forward<F>(fn), std::forward<Args>(args)...);
        };
        return Detail::BlockingFunction<R, decltype(call)>(loop, call).run();
    }
}

/// The same in a worker, for the loop that the worker's call was made from. Throws NoEventLoopError
/// if it was made in a thread without one, or if this is no worker.
template <typename F, typename... Args>
requires(!std::same_as<std::remove_cvref_t<F>,
                       LoopToken> && !Detail::ContextPointer<F>) auto fromThread(F &&fn,
                                                                                 Args &&...args)
{
    return fromThread(Detail::originLoop(), std::forward<F>(fn), std::forward<Args>(args)...);
}

/**
 * The same for the sake of a QObject that lives in the loop's thread, a dialog to be shown a
 * result: fn does not run once that has gone. CanceledError is thrown instead, as would be right
 * for most workers to let out. fn may be a member function of the object.
 *
 * The context is a pointer or a QPointer. The object must live when a pointer is given; a worker
 * that calls again and again, while its object may go at any time, keeps a QPointer that was made
 * in the loop's thread. Throws InvalidUseError if the object lives in another thread.
 */
template <Detail::ContextPointer C, typename F, typename... Args>
auto fromThread(const LoopToken &loop, C &&context, F &&fn, Args &&...args)
{
    Detail::requireFunction(fn, "fromThread()");
    return fromThread(loop, Detail::FunctionFor(context, std::forward<F>(fn)),
                      std::forward<Args>(args)...);
}
template <Detail::ContextPointer C, typename F, typename... Args>
auto fromThread(C &&context, F &&fn, Args &&...args)
{
    return fromThread(Detail::originLoop(), std::forward<C>(context), std::forward<F>(fn),
                      std::forward<Args>(args)...);
}

/// Waits, in a worker or an outside thread, for a call that has been started: its value, or its
/// error thrown. Throws InvalidUseError in a loop thread, which must not block: use then() or
/// co_await there.
template <typename R>
R waitInThread(const PendingCall<R> &call)
{
    const QExplicitlySharedDataPointer request(new Detail::AsyncRequest);
    return Detail::takeResult<R>(request->wait(orCanceled(call.core())));
}

/// The same for a QFuture, in a worker, with the help of the loop that the worker's call was made
/// from. Elsewhere NoEventLoopError: an outside thread waits with future.result(), a loop thread
/// must not block and takes toPendingCall(future).then() or co_await.
template <typename R>
R waitInThread(const QFuture<R> &future)
{
    Detail::requireWorkerToWait();
    return fromThread([future] { return future; });
}

} // namespace QFerry
