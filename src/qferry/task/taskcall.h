// SPDX-License-Identifier: MIT
// A task as a call. Its thread.
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/base/resultbox.h>
#include <qferry/task/taskpromise.h>

namespace QFerry::Detail {

/// The task of a coroutine that nobody awaits inline.
template <typename T>
class TaskCall : public TaskCore
{
public:
    void *result() final { return m_result.address(); }

protected:
    void takeResultOf(TaskFrame &root) final
    {
        if constexpr (std::is_void_v<T>)
            m_result.store();
        else
            m_result.store(std::move(*static_cast<TaskPromise<T> &>(root).value));
    }

private:
    [[no_unique_address]] ResultBox<T> m_result;
};

/// The same, with the function that makes the coroutine: that, what it captured and its arguments
/// live as long as the task.
template <typename T, typename F>
class FunctionTaskCall final : public TaskCall<T>
{
public:
    FunctionTaskCall(F &&function, QString name)
        : m_function(std::move(function)), m_name(std::move(name))
    {}

    QString name() const final { return m_name; }
    Task<T> makeTask() { return (*m_function)(); }

protected:
    void dropFunction() noexcept override { m_function.reset(); }

private:
    FunctionBox<F> m_function;
    const QString m_name; // only tasks of functions have one
};

template <typename R>
struct TaskResult
{
    static constexpr bool isTask = false;
};
template <typename T>
struct TaskResult<Task<T>>
{
    static constexpr bool isTask = true;
    using Type = T;
};

/// What makes a Task.
template <typename F, typename... Args>
concept MakesTask = std::invocable<F, Args...> && TaskResult<std::invoke_result_t<F, Args...>>::isTask;
/// The same once the task has copies of both.
template <typename F, typename... Args>
concept StartsTask = (MakesTask<std::decay_t<F> &, std::decay_t<Args>...>);
/// What startTask() may take before the function.
template <typename F>
constexpr bool comesBeforeFunction =
        std::convertible_to<F, TaskOptions> || std::convertible_to<F, const QObject *>;
/// The type of its result.
template <typename F, typename... Args>
using TaskValue = typename TaskResult<std::invoke_result_t<F, Args...>>::Type;

/// Starts fn(args...) as a task, which keeps both.
template <typename F, typename... Args>
auto launchFunction(const TaskLaunch &launch, F &&fn, Args &&...args)
{
    using T = TaskValue<std::decay_t<F> &, std::decay_t<Args>...>;
    requireFunction(fn, "startTask()");
    auto bound = [fn = std::decay_t<F>(std::forward<F>(fn)),
                  ... args = std::decay_t<Args>(std::forward<Args>(args))]() mutable -> Task<T> {
        return std::invoke(fn, std::move(args)...);
    };
    auto *call = new FunctionTaskCall<T, decltype(bound)>(std::move(bound), launch.name);
    const PendingCall<T> handle{ CallPtr(call) };
    try {
        return call->makeTask().launchAs(call, launch);
    } catch (...) {
        call->startFailed(std::current_exception());
        return handle;
    }
}

} // namespace QFerry::Detail
