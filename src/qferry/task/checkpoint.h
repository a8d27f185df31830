// SPDX-License-Identifier: MIT
// co_await checkpoint(), in a task. Its thread.
#pragma once

#include <qferry/task/taskwait.h>

namespace QFerry::Detail {

/// What checkpoint() returns.
struct [[nodiscard]] Checkpoint
{};

/// Waits for a turn of the loop.
class CheckpointWait final : public TaskWait
{
public:
    bool await_ready() { return throws(); }
    void await_suspend(std::coroutine_handle<>)
    {
        if (suspend())
            task().signal(TaskCore::Wake);
    }
    void await_resume() const { throwIfToldTo(); }

    bool isOver() const override { return true; }
};

} // namespace QFerry::Detail
