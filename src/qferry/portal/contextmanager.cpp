// SPDX-License-Identifier: MIT
// Guards of context managers. The thread enters that has entered the manager.
#include <qferry/contextmanager.h>

#include <qferry/base/logging_p.h>

namespace QFerry::Detail {

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
