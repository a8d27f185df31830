// SPDX-License-Identifier: MIT
// How a task is started. The thread that starts it.
#pragma once

#include <qferry/call/scopestate.h>

#include <QtCore/qobject.h>

namespace QFerry {

struct TaskOptions;

namespace Detail {

class TaskOwner;

/// How, in what, and for whom.
struct TaskLaunch
{
    /// Soon: in the loop's next turn. Awaited: at once, and whoever starts it waits for it, and
    /// lends it his token.
    enum class When : quint8 { Now, Soon, Awaited };

    When when = When::Now;
    ScopeState *scope = ScopeState::current(); // to be nested in
    TaskOwner *owner = nullptr;      // if none, and it is awaited: the coroutine that starts it
    const QObject *object = nullptr; // to end with
    QString name = {};

    /// The same with what the options say.
    QFERRY_EXPORT TaskLaunch with(const TaskOptions &options) const;
};

} // namespace Detail
} // namespace QFerry
