// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/result.h>
#include <qferry/looptoken.h>
#include <qferry/pendingcall.h>

#include <condition_variable>
#include <mutex>

namespace QFerry::Detail {

class ScopeState;

/**
 * Runs a function in a loop, which starts something there, and waits for what comes of it.
 *
 * If the caller, a worker, is canceled, or its scope, so is that. Where it ends once it is
 * canceled, the caller waits for its end, as it may use what is on the caller's stack.
 */
class QFERRY_EXPORT AsyncRequest : public QSharedData, public Continuation, public LoopEndListener
{
public:
    /// endsOnceCanceled: whether what is waited for does. A QFuture need not.
    explicit AsyncRequest(bool endsOnceCanceled = false);
    virtual ~AsyncRequest();

    void deliver() final;
    void loopFinished() final;
    bool isAwaited() const final { return true; }
    void callFinished() final;
    void loopHasEnded() final;
    void keepListener() final { ref.ref(); }
    void releaseListener() final { release(this); }

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
    CallPtr invoke() override { return orCanceled(toPendingCall(m_function()).core()); }

private:
    F m_function;
};

template <typename R>
R takeResult(const CallPtr &call)
{
    if constexpr (!std::is_void_v<R>)
        return resultOf<R>(*call);
}

} // namespace QFerry::Detail
