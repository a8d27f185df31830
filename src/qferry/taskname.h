// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <QtCore/qstring.h>

namespace QFerry {

/// How a task is started: startTask({ .name = u"poll"_s }, fn), also by a portal.
struct TaskOptions
{
    /// What currentTaskName() returns in the task, and in the calls that it makes. Empty: a task of
    /// a portal has none, and other ones that of who starts them.
    QString name = {};
};

/// The name of the task that the running code belongs to; empty if it has none. Any thread.
[[nodiscard]] QFERRY_EXPORT QString currentTaskName();

} // namespace QFerry
