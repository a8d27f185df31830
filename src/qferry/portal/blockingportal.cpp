// SPDX-License-Identifier: MIT
#include <qferry/blockingportal.h>

#include <qferry/wait/taskcontext_p.h>

#include <exception>

namespace QFerry {

void Detail::throwEmptyPortalFunction()
{
    throw InvalidUseError(QStringLiteral(
            "A portal was given an empty function: a null pointer or an empty std::function. "
            "Pass a function"));
}

QString currentTaskName()
{
    return Detail::nameOfCurrentTask();
}

BlockingPortal::BlockingPortal() : BlockingPortal(Detail::PortalState::Ptr(new Detail::PortalState))
{}

BlockingPortal::BlockingPortal(Detail::PortalState::Ptr portal) : d(std::move(portal)) {}

BlockingPortal::BlockingPortal(BlockingPortal &&other) noexcept = default;

BlockingPortal::~BlockingPortal()
{
    if (d)
        d->close(isUnwinding());
}

void BlockingPortal::stop(bool cancelRemaining)
{
    if (d)
        d->stop(cancelRemaining);
}

bool BlockingPortal::isRunning() const
{
    return d && d->isRunning();
}

PendingCall<void> BlockingPortal::sleepUntilStopped() const
{
    if (!d)
        Detail::throwPortalNotRunning();
    return PendingCall<void>(d->sleepUntilStopped());
}

} // namespace QFerry
