// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <QtCore/qstring.h>

namespace QFerry {

class CancelScope;

/// How a task is started: startTask({ .name = u"poll"_s }, fn), also by a portal.
struct TaskOptions
{
    /// What currentTaskName() returns in the task, and in the calls that it makes. Empty: a task of
    /// a portal has none, and other ones that of who starts them.
    QString name = {};
    /// What the task is canceled with, besides its handle: it is nested in this scope. Null for
    /// where it would be otherwise: in the current scope, in that of its group, or, in a TaskScope,
    /// in none. Must live until the function returns that starts the task. A portal throws
    /// InvalidUseError: its tasks are in no scope of their caller.
    CancelScope *scope = nullptr;
};

/// The name of the task that the running code belongs to; empty if it has none. Any thread.
[[nodiscard]] QFERRY_EXPORT QString currentTaskName();

} // namespace QFerry
