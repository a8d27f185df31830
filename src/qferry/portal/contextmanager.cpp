// SPDX-License-Identifier: MIT
#include <qferry/contextmanager.h>

#include <qferry/base/logging_p.h>
#include <qferry/wait/finishwaiter_p.h>
#include <qferry/wait/taskcontext_p.h>

#include <exception>

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

EnteredContextBase::EnteredContextBase(PortalState::Ptr portal, ManagerPtr call)
    : m_portal(std::move(portal)), m_call(std::move(call))
{}

EnteredContextBase::~EnteredContextBase()
{
    if (!m_call)
        return;
    std::exception_ptr error;
    if (m_unwinding.isUnderWay())
        error = std::make_exception_ptr(
                CanceledError(QStringLiteral("an exception ended the life of the guard")));
    if (m_portal->isLoopThread()) {
        m_call->requestExit(error); // the loop cannot wait for itself
        return;
    }
    try {
        m_call->requestExit(error);
        m_call->waitForExit();
    } catch (const CanceledError &) {
    } catch (...) {
        if (const LogPermit permit; permit)
            qCWarning(lcQFerry).noquote()
                    << "A context manager failed to exit:" << describe(std::current_exception());
    }
}

bool EnteredContextBase::exit(const std::exception_ptr &error)
{
    if (!m_call)
        throw InvalidUseError(QStringLiteral("A context manager was left twice. Call exit() once"));
    if (m_portal->isLoopThread())
        throw InvalidUseError(QStringLiteral(
                "A context manager was left in the portal's own thread, where exit() would wait "
                "for itself. Leave it where it was entered"));
    const ManagerPtr call = std::exchange(m_call, {});
    const bool isFirst = call->requestExit(error);
    const bool isSuppressed = call->waitForExit();
    if (isFirst)
        return isSuppressed;
    if (!error)
        throw CanceledError(QStringLiteral(
                "its task, or the portal, ended while the context manager was entered"));
    return false;
}

} // namespace QFerry::Detail
