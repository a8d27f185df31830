// SPDX-License-Identifier: MIT
// What toThread() makes: a call with its function, its arguments and its result. Any thread makes
// one; a worker runs it.
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/base/methodcall.h>
#include <qferry/pendingcall.h>
#include <qferry/worker/workercall.h>

namespace QFerry::Detail {

/// A WorkerCall of function F, which binds its arguments.
template <typename R, typename F>
class FunctionCall final : public WorkerCall
{
public:
    explicit FunctionCall(F &&function) : m_function(std::move(function)) {}

    void *result() override { return m_result.address(); }

protected:
    void invoke() override { m_result.storeResultOf(std::move(*m_function)); }
    void dropFunction() noexcept override { m_function.reset(); }
    bool hasQuickEnd() const override
    {
        return std::is_void_v<R> || std::is_trivially_destructible_v<R>;
    }

private:
    FunctionBox<F> m_function;
    ResultBox<R> m_result;
};

/// A WorkerCall of a function that takes a QPromise<T> &. The promise's first result is the call's.
template <typename T, typename F>
class PromiseCall final : public WorkerCall
{
public:
    explicit PromiseCall(F &&function)
        : m_function(std::move(function)), m_sink(new Sink), m_future(m_sink->promise().future())
    {
        m_sink->begin(CallPtr(this));
    }

    void *result() override { return m_result.address(); }
    bool provideFuture(void *future) override
    {
        *static_cast<QFuture<T> *>(future) = m_future;
        return true;
    }

protected:
    void invoke() override
    {
        QPromise<T> &promise = m_sink->promise();
        (*m_function)(promise);
        if constexpr (std::is_void_v<T>)
            m_result.store();
        else
            storeFirst(m_future);
    }
    void dropFunction() noexcept override
    {
        m_function.reset();
        m_sink.reset();
    }
    CallPtr cancelRequested(const QString &reason) override
    {
        m_future.cancel();
        return WorkerCall::cancelRequested(reason);
    }

private:
    struct Sink final : PromiseSink<T>
    {
        void addResult(CallCore &) override {} // the function did
    };

    void storeFirst(const QFuture<T> &future)
    {
        if (future.resultCount() == 0 && isCanceledHere())
            throw CanceledError();
        if (future.resultCount() == 0)
            throwNoResult();
        static_assert(isCopyable<T>,
                      "QFerry: the results of a function that takes a QPromise must be copyable");
        m_result.store(future.resultAt(0));
    }

    FunctionBox<F> m_function;
    ResultBox<T> m_result;
    QExplicitlySharedDataPointer<Sink>
            m_sink; // the function's; it holds the call in its turn until that has finished
    QFuture<T> m_future;
};

template <typename R, typename F, typename... Args>
PendingCall<R> makeCall(const CallOptions &options, F &&fn, Args &&...args)
{
    const bool isEmpty = isNullCallable(fn);
    auto bound = bindCall(std::forward<F>(fn), std::forward<Args>(args)...);
    WorkerCall *call = nullptr;
    if constexpr (TakesPromise<F>)
        call = new PromiseCall<R, decltype(bound)>(std::move(bound));
    else
        call = new FunctionCall<R, decltype(bound)>(std::move(bound));
    PendingCall<R> result{ CallPtr(call, QAdoptSharedDataTag()) };
    if (Q_UNLIKELY(isEmpty))
        call->startFailed(emptyFunctionError("toThread() was given an empty function"));
    else
        call->startOrFail(options);
    return result;
}

template <typename F, typename... Args>
struct CallResult
{
    using Type = std::remove_cvref_t<ReturnType<F, Args...>>;
};
template <TakesPromise F, typename... Args>
struct CallResult<F, Args...>
{
    using Type = HandedValueType<F>;
};

template <typename F, typename... Args>
constexpr void checkCallable()
{
    if constexpr (!TakesPromise<F>) {
        static_assert(std::invocable<std::decay_t<F>, std::decay_t<Args>...>,
                      "QFerry: toThread(fn, args...) cannot call fn with these arguments "
                      "(they are copied or moved: use std::ref to share, and qOverload to choose "
                      "an overload)");
        static_assert(!Asynchronous<ReturnType<F, Args...>>,
                      "QFerry: toThread() runs blocking functions, and fn is asynchronous (it "
                      "returns a QFuture, "
                      "PendingCall or awaitable). Call it in the loop instead");
    }
}

} // namespace QFerry::Detail
