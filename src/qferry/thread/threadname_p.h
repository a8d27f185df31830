// SPDX-License-Identifier: MIT
// The names of threads, which debuggers and the system's tools show. Each names the running one.
#pragma once

#include <QtCore/qstring.h>

namespace QFerry::Detail {

/// Names the running thread, for the system alone.
void setSystemThreadName(const QString &name);
/// Names the running thread, for Qt and for the system. Without memory it stays as it was.
void nameThread(const QString &name, const QString &systemName) noexcept;

/// While it lives, the running thread has this name, for Qt and for the system. An empty one
/// changes nothing.
class ThreadName
{
public:
    explicit ThreadName(const QString &name) noexcept;
    ~ThreadName();
    Q_DISABLE_COPY_MOVE(ThreadName)

private:
    QString m_previous;
    bool m_changed;
};

} // namespace QFerry::Detail
