// SPDX-License-Identifier: MIT
#include "threadname_p.h"

#include <QtCore/qthread.h>

#include <new>

#if defined(Q_OS_LINUX) || defined(Q_OS_MACOS)
#    include <pthread.h>
#endif

namespace QFerry::Detail {

/// The system takes 15 bytes: as many whole characters as fit.
void setSystemThreadName(const QString &name)
{
    QByteArray utf8 = name.toUtf8();
    if (utf8.size() > 15) {
        qsizetype end = 15;
        while (end > 0 && (quint8(utf8.at(end)) & 0xc0) == 0x80)
            --end;
        utf8.truncate(end);
    }
#if defined(Q_OS_LINUX)
    pthread_setname_np(pthread_self(), utf8.constData());
#elif defined(Q_OS_MACOS)
    pthread_setname_np(utf8.constData());
#endif
}

void nameThread(const QString &name, const QString &systemName) noexcept
{
    try {
        QThread::currentThread()->setObjectName(name);
        setSystemThreadName(systemName);
    } catch (const std::bad_alloc &) {
    }
}

ThreadName::ThreadName(const QString &name) noexcept : m_changed(!name.isEmpty())
{
    if (!m_changed)
        return;
    m_previous = QThread::currentThread()->objectName();
    nameThread(name, name);
}

ThreadName::~ThreadName()
{
    if (m_changed)
        nameThread(m_previous, m_previous.isEmpty() ? QStringLiteral("QFerry") : m_previous);
}

} // namespace QFerry::Detail
