// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/portal/portalstate.h>

#include <QtCore/qthread.h>

QT_BEGIN_NAMESPACE
class QEventLoop;
QT_END_NAMESPACE

namespace QFerry::Detail {

/// The thread of a StartedPortal: runs an event loop until the portal has been stopped and has
/// emptied.
class PortalThread final : public QThread
{
public:
    /// Starts a thread and waits until its portal is there. Throws ThreadStartError.
    static std::unique_ptr<PortalThread> begin(const QString &name);
    ~PortalThread() override;

    const PortalState::Ptr &portal() const { return m_portal; }
    /// Waits for the end of a thread whose portal has been stopped; in that thread, leaves it to
    /// others.
    static void end(std::unique_ptr<PortalThread> thread);

protected:
    void run() override;

private:
    class Orphans;
    explicit PortalThread(const QString &name);
    void runPortal();
    void join();

    const QString m_name;
    PortalState::Ptr m_portal;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    QEventLoop *m_loop = nullptr; // that runs until the portal is stopped
    bool m_isReady = false;
    bool m_isDone = false;
    std::exception_ptr m_error;
};

} // namespace QFerry::Detail
