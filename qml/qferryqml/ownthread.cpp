// SPDX-License-Identifier: MIT
#include "ownthread_p.h"

#include <qferry/worker.h>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qthread.h>

namespace QFerry::Detail {

void requireOwnThread(const QObject *object, const QString &function)
{
    if (QThread::currentThread() == object->thread())
        return;
    throw InvalidUseError(QStringLiteral("%1 was called in another thread than its object lives in. "
                                         "Call it there, by QMetaObject::invokeMethod() for instance")
                                  .arg(function));
}

QString whyNoLoop(const QString &type)
{
    // A worker's thread has a dispatcher, but usually no loop that turns.
    const bool hasLoop = QAbstractEventDispatcher::instance()
                         && (!isWorkerThread() || QThread::currentThread()->loopLevel() > 0);
    return hasLoop ? QString()
                   : QStringLiteral("A %1 was used in a thread without an event loop, which would "
                                    "never hear of its run. Use toThread() there, or "
                                    "RegisteredTask")
                             .arg(type);
}

} // namespace QFerry::Detail
