// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/scopestate.h>

namespace QFerry::Detail {

/// The context of a task of that name; an empty name hides the one that the context may have.
ContextPtr contextWithTaskName(ContextPtr context, const QString &name);
QString nameOfCurrentTask();
/// The caller's values, in a new scope if the task may make calls that are to be canceled with it.
ContextPtr contextOfTask(ContextPtr context, bool keepsLoan, const ScopeState::Ptr &scope);
/// Why a function did not run.
std::exception_ptr portalLoopFinishedError();

} // namespace QFerry::Detail
