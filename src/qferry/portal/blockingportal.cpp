// SPDX-License-Identifier: MIT
// Portals as programs see them. Any thread enters, but for the constructor.
#include <qferry/blockingportal.h>

namespace QFerry {

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
