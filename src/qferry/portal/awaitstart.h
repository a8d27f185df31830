// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/portal/portaltask.h>
#include <qferry/taskstatus.h>

namespace QFerry::Detail {

/// Waits until a task has started; throws how it ended if it does not, or why the caller cannot
/// wait on. The task has ended then, too, as it may use what is on the caller's stack.
QFERRY_EXPORT void awaitStarted(PortalTask &task, const CallPtr &started);

template <typename R, typename V>
StartedTask<R, V> awaitStart(PortalTask &task, const TaskStatus<V> &status, QFuture<R> future)
{
    const CallPtr started(status.call());
    awaitStarted(task, started);
    if constexpr (std::is_void_v<V>)
        return { std::move(future) };
    else
        return { std::move(future), takeResult<V>(started) };
}

} // namespace QFerry::Detail
