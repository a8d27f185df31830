// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task.h>

namespace QFerry {

/**
 * Tasks that end with their owner: the last member of a window, so that it goes first.
 *
 *     class Window : public QWidget
 *     {
 *         …
 *         QFerry::TaskScope m_tasks; // declared last
 *     };
 *
 * Its destructor ends the tasks, while the owner is whole: each gets CanceledError thrown at its
 * co_await, so its guards and catch clauses run; one that awaits again is destroyed there. Nothing
 * of them runs afterwards. A running worker is canceled, and not waited for.
 *
 * The tasks are nested in no scope, but in that of their options. It belongs to the thread that it
 * is made in: start() elsewhere throws InvalidUseError.
 */
class QFERRY_EXPORT TaskScope : private Detail::TaskOwner
{
public:
    TaskScope();
    ~TaskScope();
    Q_DISABLE_COPY_MOVE(TaskScope)

    /// Starts a task: runs it until it first waits.
    template <typename T>
    PendingCall<T> start(Task<T> task)
    {
        return task.launch(launch());
    }
    /// Starts fn(args...) as a task, as startTask() does.
    template <typename F, typename... Args>
    requires Detail::StartsTask<F, Args...>
    auto start(F &&fn, Args &&...args)
    {
        return start(TaskOptions(), std::forward<F>(fn), std::forward<Args>(args)...);
    }
    template <typename F, typename... Args>
    requires Detail::StartsTask<F, Args...>
    auto start(const TaskOptions &options, F &&fn, Args &&...args)
    {
        return Detail::launchFunction(launch().with(options), std::forward<F>(fn),
                                      std::forward<Args>(args)...);
    }

    /// Cancels the tasks that there are. Further ones may be started.
    void cancel(const QString &reason = {});
    /// How many have not ended.
    int count() const;

private:
    Detail::TaskLaunch launch();

    const Qt::HANDLE m_thread;
};

} // namespace QFerry
