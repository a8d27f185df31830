// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task.h>
#include <qferry/task/grouprun.h>
#include <qferry/taskstatus.h>

#include <QtCore/qlist.h>

namespace QFerry {

/**
 * Tasks that begin and end within a block: what the body of taskGroup() starts tasks with.
 *
 * A copy refers to the same group, and may be kept. To be used in the group's thread; cancel(),
 * add(), isCanceled(), count() and errors() in any.
 */
class TaskGroup
{
public:
    /// Begins the task in the loop's next turn. If the group is canceled by then, it never runs.
    /// The handle cancels that task alone; its errors are the group's all the same. Throws
    /// InvalidUseError if the group has ended, and in another thread.
    template <typename T>
    PendingCall<T> startSoon(Task<T> task)
    {
        return launched(task.launch(d->launch({})));
    }
    /// The same for fn(args...), which live as long as the task. fn is called at once: a coroutine
    /// merely makes the task, but what another function does before it returns one is done here.
    template <typename F, typename... Args>
    requires Detail::StartsTask<F, Args...>
    auto startSoon(F &&fn, Args &&...args)
    {
        return startSoon(TaskOptions(), std::forward<F>(fn), std::forward<Args>(args)...);
    }
    template <typename F, typename... Args>
    requires Detail::StartsTask<F, Args...>
    auto startSoon(const TaskOptions &options, F &&fn, Args &&...args)
    {
        return launched(Detail::launchFunction(d->launch(options), std::forward<F>(fn),
                                               std::forward<Args>(args)...));
    }

    /// Begins fn(status, args...), where status is a TaskStatus<V> &, as startSoon() does. The call
    /// that is returned ends when that is told that the task has started, with the value told. If
    /// the task ends before, the call ends as it did (InvalidUseError, if it has no error), which
    /// is no matter of the group; canceling the call cancels that task. From then on the task's
    /// errors are the group's.
    template <typename F, typename... Args>
    requires Detail::TakesStatus<F>
    auto start(F &&fn, Args &&...args)
    {
        return start(TaskOptions(), std::forward<F>(fn), std::forward<Args>(args)...);
    }
    template <typename F, typename... Args>
    requires Detail::TakesStatus<F>
    auto start(const TaskOptions &options, F &&fn, Args &&...args)
    {
        using V = Detail::HandedValueType<F>;
        Detail::TaskLaunch launch = d->launch(options);
        const auto status = std::make_shared<TaskStatus<V>>();
        const auto task =
                Detail::launchFunction(launch, std::forward<F>(fn), Detail::StatusReference(status),
                                       std::forward<Args>(args)...);
        const Detail::CallPtr started(status->call());
        status->call()->follow(task.core(), true);
        d->addStarting(task.core(), started);
        return PendingCall<V>(started);
    }

    /// What else is to end before the group does, and is canceled with it: its errors are the
    /// group's. Throws InvalidUseError if the group has ended.
    template <typename T>
    PendingCall<T> add(PendingCall<T> call)
    {
        d->addMember(orCanceled(call.core()));
        return call;
    }

    /// Cancels the body and all tasks, and what is started from now on. The group ends without an
    /// error, if nobody cancels it from outside, and the body has no result to give.
    void cancel(const QString &reason = {}) const { d->cancel(reason); }
    bool isCanceled() const { return d->scope()->isCanceled(); }
    /// How many tasks and calls have not ended.
    int count() const { return d->count(); }
    /// What tasks, and the body, have failed with so far, the earliest first (a thousand at most).
    /// Who asks has seen them; others are logged when the group has ended, unless somebody has
    /// handled them by the task's handle.
    QList<std::exception_ptr> errors() const { return d->errors(); }

    // internal
    explicit TaskGroup(Detail::TaskGroupCore::Ptr core) : d(std::move(core)) {}

private:
    template <typename T>
    PendingCall<T> launched(PendingCall<T> task)
    {
        d->addTask(orCanceled(task.core()));
        return task;
    }

    Detail::TaskGroupCore::Ptr d;
};

/// How taskGroup() deals with errors.
struct TaskGroupOptions
{
    /// GoOn: a task that fails is its own matter, as it is of a supervisor. The group ends without
    /// an error then; TaskGroup::errors() has them. An error of the body ends any group.
    CallGroup::OnFailure onFailure = CallGroup::OnFailure::CancelOthers;
};

namespace Detail {

template <typename F>
concept GroupBody = (MakesTask<std::decay_t<F> &, TaskGroup &>);

} // namespace Detail

/**
 * In a Task, runs a body that may start further tasks, and goes on when all of them have ended:
 *
 *     const int total = co_await taskGroup([&](QFerry::TaskGroup &group) -> QFerry::Task<int> {
 *         group.startSoon(watch(folder));
 *         const int port = co_await group.start(&serve, settings);
 *         co_return co_await load(port);
 *     });
 *
 * The result is the body's. Tasks may start further ones. Both are in the group's scope, nested in
 * the current one.
 *
 * The first error, of a task or the body, cancels all others; it is thrown, with its type, when the
 * last has ended. A task that ends canceled by itself does the others nothing. A cancel from
 * outside cancels all, waits for what they still do, and throws CanceledError. TaskGroup::cancel()
 * is no error; only a body that was to give a result, and was canceled before, leaves
 * CanceledError.
 */
template <typename F>
requires Detail::GroupBody<F>
auto taskGroup(F &&body)
{
    return Detail::runGroup<TaskGroup>(CallGroup::OnFailure::CancelOthers,
                                       std::decay_t<F>(std::forward<F>(body)));
}
/// The same with options: taskGroup({.onFailure = CallGroup::OnFailure::GoOn}, body).
template <typename F>
requires Detail::GroupBody<F>
auto taskGroup(TaskGroupOptions options, F &&body)
{
    return Detail::runGroup<TaskGroup>(options.onFailure, std::decay_t<F>(std::forward<F>(body)));
}

/// With anything else, the compiler says what is wrong.
template <typename F>
requires(!Detail::GroupBody<F>) Task<> taskGroup(F &&)
{
    static_assert(Detail::never<F>,
                  "QFerry: the body of taskGroup() is a function of a TaskGroup & that returns a "
                  "Task: [&](QFerry::TaskGroup &group) -> QFerry::Task<> { ... }");
    co_return;
}

} // namespace QFerry
