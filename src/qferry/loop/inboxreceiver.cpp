// SPDX-License-Identifier: MIT
// Where Qt calls into the inbox: all in the loop's thread, but for postDrain().
#include "inboxreceiver_p.h"

#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/tsan_p.h>

#include <QtCore/qmetaobject.h>

namespace QFerry::Detail {

void InboxReceiver::drain()
{
    __tsan_acquire(this);
    m_inbox->drain();
}

void InboxReceiver::postDrain()
{
    static const QMetaMethod drain = [] {
        const QMetaObject &meta = InboxReceiver::staticMetaObject;
        return meta.method(meta.indexOfMethod("drain()"));
    }();
    __tsan_release(this);
    drain.invoke(this, Qt::QueuedConnection);
}

void InboxReceiver::loopTurned()
{
    m_inbox->loopTurned();
}

void InboxReceiver::turnIn(std::chrono::milliseconds time)
{
    if (!m_timer.isActive()) // else the loop turns sooner, and asks again
        m_timer.start(int(time.count()), Qt::PreciseTimer, this);
}

void InboxReceiver::timerEvent(QTimerEvent *)
{
    m_timer.stop(); // the loop has turned, which is all
}

} // namespace QFerry::Detail
