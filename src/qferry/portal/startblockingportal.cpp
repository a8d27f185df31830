// SPDX-License-Identifier: MIT
// Portals with a thread of their own, as programs see them. Any thread enters.
#include <qferry/startblockingportal.h>

#include <qferry/portal/portalthread_p.h>

#include <QtCore/qcoreapplication.h>

#include <atomic>

namespace QFerry {

StartedPortal::StartedPortal(std::unique_ptr<Detail::PortalThread> thread)
    : BlockingPortal(thread->portal()), m_thread(std::move(thread))
{}

StartedPortal::StartedPortal(StartedPortal &&other) noexcept = default;

StartedPortal::~StartedPortal()
{
    if (!m_thread)
        return;
    release()->stop(isUnwinding());
    Detail::PortalThread::end(std::move(m_thread));
}

/// Short enough for the system to take all of it.
static QString nextName()
{
    static std::atomic<quint64> last{ 0 };
    return QStringLiteral("portal-%1").arg(last.fetch_add(1, std::memory_order_relaxed) + 1);
}

StartedPortal startBlockingPortal(const QString &name)
{
    if (!QCoreApplication::instance())
        throw NoEventLoopError(QStringLiteral(
                "startBlockingPortal() needs a QCoreApplication. Make one at the start of main()"));
    return StartedPortal(Detail::PortalThread::begin(name.isEmpty() ? nextName() : name));
}

} // namespace QFerry
