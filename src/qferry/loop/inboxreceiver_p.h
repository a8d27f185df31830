// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>

#include <chrono>

namespace QFerry::Detail {

class LoopInbox;

/// The inbox's foothold in its thread, where it lives: receives the one posted wake-up and the
/// signals of the loop.
class InboxReceiver : public QObject
{
    Q_OBJECT
public:
    explicit InboxReceiver(LoopInbox *inbox) : m_inbox(inbox) {}

    Q_INVOKABLE void drain();
    /// Any thread, while this is there: drain() is called by the loop.
    void postDrain();
    void loopTurned();
    /// The loop is to turn once more by then.
    void turnIn(std::chrono::milliseconds time);

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    LoopInbox *m_inbox;
    QBasicTimer m_timer;
};

} // namespace QFerry::Detail
