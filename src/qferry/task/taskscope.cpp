// SPDX-License-Identifier: MIT
// TaskScope. The thread of its owner.
#include <qferry/taskscope.h>

#include <QtCore/qthread.h>

namespace QFerry {

TaskScope::TaskScope() : m_thread(QThread::currentThreadId()) {}

TaskScope::~TaskScope()
{
    close(QStringLiteral("its TaskScope was destroyed"));
}

Detail::TaskLaunch TaskScope::launch()
{
    if (m_thread != QThread::currentThreadId())
        throw InvalidUseError(
                QStringLiteral("TaskScope::start() was called in another thread than "
                               "that of the TaskScope. Use QMetaObject::invokeMethod() "
                               "or fromThread()"));
    return { .scope = nullptr, .owner = this };
}

void TaskScope::cancel(const QString &reason)
{
    cancelAll(reason);
}

int TaskScope::count() const
{
    return TaskOwner::count();
}

} // namespace QFerry
