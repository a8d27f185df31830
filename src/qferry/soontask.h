// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/futurebridge.h>
#include <qferry/portaltask.h>

namespace QFerry::Detail {

/// A task that is watched through a QFuture.
template <typename R, typename F>
class SoonTask final : public PortalFunctionTask<R, F>
{
public:
    using PortalFunctionTask<R, F>::PortalFunctionTask;

    /// To be called once, before the start.
    QFuture<R> makeFuture()
    {
        QFuture<R> future;
        if (constexpr bool isPlain = !Asynchronous<std::invoke_result_t<F &>>;
            isPlain && !FutureSink::hasOrigin())
            future = makeOwnFuture();
        else
            future = CallFuture<R>::of(CallPtr(this));
        m_future = QFutureInterfaceBase::get(future);
        return future;
    }

protected:
    bool isUnwanted() const override { return m_future.isCanceled(); }

private:
    /// Finishes the QFuture where the task finishes. A plain function that runs cannot be canceled,
    /// so nobody needs to look out for a cancel of the QFuture, and that is half the cost of a
    /// short task.
    struct Finisher final : Continuation
    {
        explicit Finisher(SoonTask *owner) : task(owner) { future.reportStarted(); }
        void callFinished() override
        {
            if (task->outcome() == Outcome::Value)
                addResult();
            else if (task->outcome() == Outcome::Error)
                setError(task->error());
            else
                future.cancel();
            future.reportFinished();
        }
        void addResult()
        {
            if constexpr (!std::is_void_v<R>) {
                try {
                    future.reportResult(task->take());
                } catch (...) { // it could not be moved
                    setError(std::current_exception());
                }
            }
        }
        /// Without QFutureInterface's clearing of results: there are none.
        void setError(const std::exception_ptr &error)
        {
            future.QFutureInterfaceBase::reportException(error);
        }
        void deliver() override {}
        void loopFinished() override {}

        SoonTask *const task;
        QFutureInterface<R> future;
    };

    QFuture<R> makeOwnFuture()
    {
        this->observe();
        m_finisher.emplace(this);
        this->attach(&*m_finisher);
        return m_finisher->future.future();
    }

    QFutureInterfaceBase m_future;
    std::optional<Finisher> m_finisher;
};

} // namespace QFerry::Detail
