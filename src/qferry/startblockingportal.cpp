// SPDX-License-Identifier: MIT
#include "startblockingportal.h"
#include "portalthread_p.h"

#include <QtCore/qcoreapplication.h>

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

StartedPortal startBlockingPortal(const QString &name)
{
    if (!QCoreApplication::instance())
        throw NoEventLoopError(QStringLiteral(
                "startBlockingPortal() needs a QCoreApplication. Make one at the start of main()"));
    return StartedPortal(Detail::PortalThread::begin(name));
}

} // namespace QFerry
