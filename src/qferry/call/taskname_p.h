// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/context.h>
#include <qferry/taskname.h>

namespace QFerry::Detail {

/// The context of a task of that name; an empty name hides the one that the context may have.
ContextPtr contextWithTaskName(ContextPtr context, const QString &name);

} // namespace QFerry::Detail
