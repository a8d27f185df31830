// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/looptoken.h>
#include <qferry/pendingcall.h>
#include <qferry/wait/fromthreadcontext.h>

#include <condition_variable>
#include <mutex>

namespace QFerry {

namespace Detail {

class Parker;

/// A function to be run by a loop while its caller, on whose stack this is, waits.
class QFERRY_EXPORT BlockingRequest : public InboxItem
{
public:
    void deliver() final;
    void loopFinished() final;
    bool isAwaited() const final { return true; }
    bool isBlockingRequest() const final { return true; }

protected:
    /// Throws what is wrong with calling that loop from this thread.
    explicit BlockingRequest(const LoopToken &loop);
    ~BlockingRequest() = default;

    /// Runs the function in the loop and waits for it; throws what it threw.
    void runAndWait();
    virtual void invoke() = 0;

private:
    void wait(bool alone, bool wasAsleep);
    void sleep();

    const LoopToken &m_loop;
    ContextPtr m_context;
    Parker *const m_parker;
    std::exception_ptr m_error;
};

template <typename R, typename F>
class BlockingFunction final : public BlockingRequest
{
public:
    BlockingFunction(const LoopToken &loop, F &function)
        : BlockingRequest(loop), m_function(function)
    {}
    R run()
    {
        runAndWait();
        return m_result.take();
    }

protected:
    void invoke() override { m_result.storeResultOf(m_function); }

private:
    F &m_function;
    ResultBox<R> m_result;
};

/// Throws CanceledError if the running worker has been canceled, unless nobody would hear of that
/// because it is abandonable, or the scope that the running thread is in.
QFERRY_EXPORT void checkCaller();

class ScopeState;

/**
 * Runs a function in a loop, which starts something there, and waits for what comes of it.
 *
 * If the caller, a worker, is canceled, or its scope, so is that. Where it ends once it is
 * canceled, the caller waits for its end, as it may use what is on the caller's stack.
 */
class QFERRY_EXPORT AsyncRequest : public QSharedData, public Continuation, public LoopPending
{
public:
    /// endsOnceCanceled: whether what is waited for does. A QFuture need not.
    explicit AsyncRequest(bool endsOnceCanceled = false);
    virtual ~AsyncRequest();

    void deliver() final;
    void loopFinished() final;
    bool isAwaited() const final { return true; }
    void callFinished() final;
    void pendingLoopFinished() final;
    void keepPending() final { ref.ref(); }
    void releasePending() final { deref(); }

    /// Waits for a call: the call, finished with a value. Throws its error; CanceledError if it, or
    /// the running worker's call, is canceled.
    CallPtr wait(const CallPtr &call);
    /// The same in any thread, be it one whose loop must not block.
    CallPtr waitFor(const CallPtr &call);
    /// The same for the call that the function starts in the loop.
    CallPtr runAndWait(const LoopToken &loop);

protected:
    virtual CallPtr invoke() { return {}; }

private:
    enum class Ending {
        Pending,
        Finished,
        LoopFinished,
        PendingLoopFinished,
        HostCanceled,
        Failed
    };
    void end(Ending ending);
    void invoked(const CallPtr &call, const std::exception_ptr &error);
    CallPtr await();
    void awaitEnding();
    void cancelAndAwait(const QString &reason);
    CallPtr settledCall();
    void deref();

    const bool m_endsOnceCanceled;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    Ending m_ending = Ending::Pending;
    bool m_isInvoking = false;
    bool m_isUnderWay = false; // the call
    CallPtr m_call;
    std::exception_ptr m_error;
    ContextPtr m_context;
    QExplicitlySharedDataPointer<ScopeState> m_scope; // of the calls that the function makes
    LoopToken m_loop;
};

template <typename Raw>
constexpr bool endsOnceCanceled()
{
    return !std::same_as<std::remove_cvref_t<Raw>, QFuture<SettledType<Raw>>>;
}

template <typename F>
class AsyncFunction final : public AsyncRequest
{
public:
    explicit AsyncFunction(F &&function)
        : AsyncRequest(endsOnceCanceled<std::invoke_result_t<F &>>())
        , m_function(std::move(function))
    {}

protected:
    CallPtr invoke() override
    {
        CallPtr call = toPendingCall(m_function()).core();
        return call ? call : canceledCall();
    }

private:
    F m_function;
};

template <typename R>
R takeResult(const CallPtr &call)
{
    if constexpr (!std::is_void_v<R>)
        return withResult<R>(
                *call, [](auto &&value) -> R { return std::forward<decltype(value)>(value); });
}

/// The token of the loop that the running worker's call was made from. Throws NoEventLoopError.
[[nodiscard]] QFERRY_EXPORT const LoopToken &originLoop();
/// For waitInThread(future). Throws NoEventLoopError.
QFERRY_EXPORT void requireWorkerToWait();
[[noreturn]] QFERRY_EXPORT void throwEmptyFunction();

} // namespace Detail

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
    if (Q_UNLIKELY(Detail::isNullCallable(fn)))
        Detail::throwEmptyFunction();
    if constexpr (Detail::Asynchronous<Raw>) {
        auto bound = [fn = std::decay_t<F>(std::forward<F>(fn)),
                      ... args = std::decay_t<Args>(std::forward<Args>(args))]() mutable -> Raw {
            return std::invoke(std::move(fn), std::move(args)...);
        };
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
    if (Q_UNLIKELY(Detail::isNullCallable(fn)))
        Detail::throwEmptyFunction();
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
    return Detail::takeResult<R>(request->wait(call.core() ? call.core() : Detail::canceledCall()));
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
