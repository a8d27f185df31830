// SPDX-License-Identifier: MIT
// The life of a context manager. The thread enters that has entered the manager, the portal's, and
// any that cancels.
#include "managercall.h"

#include <qferry/wait/blocked_p.h>
#include <qferry/wait/finishwaiter_p.h>

namespace QFerry::Detail {

ManagerCall::ManagerCall() : m_exitRequested(new SettableCall<void>) {}
ManagerCall::~ManagerCall() = default;

bool ManagerCall::requestExit(std::exception_ptr error)
{
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_isAskedToExit, true))
            return false;
        m_exitError = std::move(error);
    }
    m_exitRequested->settle([] {});
    return true;
}

std::exception_ptr ManagerCall::exitError() const
{
    const std::lock_guard lock(m_mutex);
    return m_exitError;
}

void ManagerCall::setEntering(const CallPtr &enter)
{
    {
        const std::lock_guard lock(m_mutex);
        m_enter = enter;
        if (!m_isAskedToExit)
            return;
    }
    if (enter)
        enter->cancel({});
}

CallPtr ManagerCall::cancelRequested(const QString &reason)
{
    requestExit(std::make_exception_ptr(CanceledError(reason)));
    const std::lock_guard lock(m_mutex);
    return m_enter;
}

void ManagerCall::end(bool isSuppressed, const std::exception_ptr &error)
{
    if (m_hasEnded.exchange(true, std::memory_order_acq_rel))
        return;
    observe();
    settle([&] {
        if (error)
            std::rethrow_exception(error);
        return isSuppressed;
    });
}

bool ManagerCall::waitForExit()
{
    FinishWaiter::wait(*this);
    if (outcome() != Outcome::Value)
        throwOutcome(*this);
    return *static_cast<bool *>(result());
}

ManagerKeeper::~ManagerKeeper()
{
    if (m_call)
        m_call->end(false, std::make_exception_ptr(CanceledError()));
}

ContextPtr contextWithoutScope()
{
    return contextOfTask(ContextFrame::currentData(), true, {});
}

void awaitEntered(PortalTask &task, const CallPtr &started, ManagerCall &call)
{
    try {
        awaitStarted(task, started);
    } catch (...) {
        const std::exception_ptr error = std::current_exception();
        try {
            call.waitForExit(); // it may still use what the caller is about to destroy
        } catch (...) {
        }
        std::rethrow_exception(error);
    }
}

} // namespace QFerry::Detail
