// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/blockingportal.h>

namespace QFerry {

namespace Detail {
class PortalThread;
}

/**
 * A BlockingPortal with a thread and an event loop of its own, which end with it: see
 * startBlockingPortal(). May be moved; a moved-from one is a portal that does not run.
 */
class QFERRY_EXPORT StartedPortal final : public BlockingPortal
{
public:
    StartedPortal(StartedPortal &&other) noexcept;
    /**
     * Stops, waits until everything in the portal has ended, and joins the thread. If an exception
     * is on its way, cancels what is left. Any thread; in the portal's own it does not wait.
     *
     * In another loop's thread that loop does not turn meanwhile: see ~BlockingPortal().
     */
    ~StartedPortal();

private:
    friend QFERRY_EXPORT StartedPortal startBlockingPortal(const QString &name);
    explicit StartedPortal(std::unique_ptr<Detail::PortalThread> thread);

    std::unique_ptr<Detail::PortalThread> m_thread;
};

/**
 * Starts a thread with an event loop and a portal into it. The thread gets the name, where the
 * system allows as much of it; by default "portal-" and a number that no other one has. There may
 * be any number of them.
 *
 * Any thread, before, while and without QCoreApplication::exec(). Throws NoEventLoopError if there
 * is no QCoreApplication, ThreadStartError if the system refuses a thread.
 */
[[nodiscard]] QFERRY_EXPORT StartedPortal startBlockingPortal(const QString &name = {});
[[nodiscard]] inline StartedPortal startBlockingPortal(const char *name)
{
    return startBlockingPortal(QString::fromUtf8(name));
}

} // namespace QFerry
