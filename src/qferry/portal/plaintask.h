// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/context.h>
#include <qferry/loop/inboxitem.h>
#include <qferry/portal/portalstate.h>

#include <QtCore/qfutureinterface.h>

namespace QFerry::Detail {

/**
 * A plain function on its way through a portal, started by a thread without an event loop: finishes
 * its QFuture where it runs. Once it runs it cannot be canceled, so nobody needs to look out for
 * that, and it makes do without most of what a PortalTask is.
 */
class QFERRY_EXPORT PlainTask : public InCallMemory, public InboxItem
{
public:
    virtual ~PlainTask();

    /// To be called once, after portal.enter(); the caller's context goes with the task, which from
    /// then on belongs to itself.
    void start(const PortalState::Ptr &portal, const QString &name);

    void deliver() final;
    void loopFinished() final;
    bool isAwaited() const final { return true; }

protected:
    PlainTask() = default;

    virtual QFutureInterfaceBase &promise() = 0;
    /// Runs the function, destroys it, and reports its result. May throw.
    virtual void invoke() = 0;
    virtual void dropFunction() noexcept = 0;

private:
    void run();
    void end();

    PortalState::Ptr m_portal;
    ContextPtr m_context;
};

/// A PlainTask of function F, which binds its arguments; R is what it returns.
template <typename R, typename F>
class PlainFunctionTask final : public PlainTask
{
public:
    explicit PlainFunctionTask(F &&function) : m_function(std::move(function))
    {
        m_promise.reportStarted();
    }

    QFuture<R> future() { return m_promise.future(); }

protected:
    QFutureInterfaceBase &promise() override { return m_promise; }
    void invoke() override
    {
        ResultBox<R> result;
        result.storeResultOf(*m_function);
        dropFunction(); // who sees the result finds the function gone
        if constexpr (!std::is_void_v<R>)
            m_promise.reportResult(result.take());
    }
    void dropFunction() noexcept override { m_function.reset(); }

private:
    FunctionBox<F> m_function;
    QFutureInterface<R> m_promise;
};

} // namespace QFerry::Detail
