// SPDX-License-Identifier: MIT
// The run of a group's body. The task that awaits it.
#pragma once

#include <qferry/enterscope.h>
#include <qferry/task.h>
#include <qferry/task/taskgroupcore.h>

#include <optional>

namespace QFerry::Detail {

/// While it lives, the running task runs the body of a group.
class QFERRY_EXPORT GroupRun
{
public:
    explicit GroupRun(CallGroup::OnFailure onFailure);
    ~GroupRun();
    Q_DISABLE_COPY_MOVE(GroupRun)

    const TaskGroupCore::Ptr &group() const { return d; }
    /// The body ended with the current exception.
    void bodyFailed();
    /// What to wait for now.
    PendingCall<void> end();
    /// That has ended. Throws, unless the body's result is there; if that is void, it may be
    /// missing, as the group canceled itself.
    void throwIfFailed(bool isVoid);

private:
    explicit GroupRun(TaskGroupCore::Ptr group) : d(std::move(group)) {}

    const TaskGroupCore::Ptr d;
    std::optional<EnterScope> m_entered;
    std::exception_ptr m_bodyCanceled;
    bool m_isOwnCancel = false;
};

/// Group: made of a core, the body's parameter.
template <typename Group, typename F, typename T = TaskValue<F &, Group &>>
Task<T> runGroup(CallGroup::OnFailure onFailure, F body)
{
    GroupRun run(onFailure);
    Group group(run.group());
    ResultBox<T> result;
    try {
        if constexpr (std::is_void_v<T>)
            co_await std::invoke(body, group);
        else
            result.store(co_await std::invoke(body, group));
    } catch (...) {
        run.bodyFailed();
    }
    const PendingCall<void> end = run.end();
    if (!end.isFinished())
        co_await end;
    run.throwIfFailed(std::is_void_v<T>);
    co_return result.take();
}

} // namespace QFerry::Detail
