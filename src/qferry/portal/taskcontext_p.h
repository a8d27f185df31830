// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/context.h>

#include <QtCore/qstring.h>

#include <exception>

namespace QFerry::Detail {

/// The context of a task of that name; an empty name hides the one that the context may have.
ContextPtr contextWithTaskName(ContextPtr context, const QString &name);
QString nameOfCurrentTask();
/// Why a function did not run.
std::exception_ptr portalLoopFinishedError();

} // namespace QFerry::Detail
