// SPDX-License-Identifier: MIT
// What a task sees of each of its coroutines. Its thread enters, and whoever destroys the object that
// a coroutine works for.
#pragma once

#include <qferry/call/objectuser.h>

#include <QtCore/qobject.h>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <exception>
#include <utility>

namespace QFerry::Detail {

class FrameTasks;
class ObjectWatch;
class TaskCore;

/// What owns a coroutine's frame: its task, or the co_await whose operand it is.
class FrameSlot
{
public:
    FrameSlot() = default;
    explicit FrameSlot(std::coroutine_handle<> frame) : m_frame(frame) {}
    ~FrameSlot() { destroy(); }
    Q_DISABLE_COPY_MOVE(FrameSlot)

    explicit operator bool() const { return bool(m_frame); }
    void set(std::coroutine_handle<> frame) { m_frame = frame; }
    void destroy()
    {
        if (const auto frame = std::exchange(m_frame, nullptr))
            frame.destroy();
    }

    std::exception_ptr error; // why the frame went before its end

private:
    std::coroutine_handle<> m_frame;
};

/**
 * The promise of every coroutine that runs in a task, but for its result.
 *
 * It may work for a QObject: for one whose member it is, or that it was started for. When that is
 * destroyed, the frame goes, there and then, if it is suspended: what it has may refer to the
 * object.
 */
class QFERRY_EXPORT TaskFrame : public ObjectUser
{
public:
    static void *operator new(std::size_t size) { return allocateCall(size); }
    static void operator delete(void *memory, std::size_t size) { freeCall(memory, size); }

    std::suspend_always initial_suspend() noexcept { return {}; }
    struct End
    {
        bool await_ready() noexcept { return false; }
        template <typename P>
        void await_suspend(std::coroutine_handle<P> ended) noexcept
        {
            static_cast<TaskFrame &>(ended.promise()).ended();
        }
        void await_resume() noexcept {}
    };
    End final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }

    /// From now on it works for the object, which must live.
    void workFor(const QObject *object);
    /// Whether the object has gone: then it never runs again.
    bool isDead() const { return m_isDead.load(std::memory_order_seq_cst); }
    /// Becomes a part of a task: the first one of it, or what its parent awaits. (Other threads
    /// look for its task at the death of an object that it works for by now.)
    void join(TaskCore *owner, TaskFrame *awaiting, FrameSlot *place)
    {
        parent = awaiting;
        slot = place;
        if (Q_UNLIKELY(m_watch))
            m_task.store(owner, std::memory_order_seq_cst);
        else
            m_task.store(owner, std::memory_order_relaxed);
    }
    TaskCore *task() const { return m_task.load(std::memory_order_relaxed); }
    /// Tasks that may refer to what the coroutine has, and so end before it is destroyed.
    FrameTasks &tasks();
    FrameTasks *tasksIfAny() const { return m_tasks; }

    void contextDied() final;
    CallCore *userCall() final { return nullptr; }

    std::coroutine_handle<> handle;
    TaskFrame *parent = nullptr; // which awaits it
    FrameSlot *slot = nullptr;
    std::exception_ptr error;

protected:
    TaskFrame() = default;
    ~TaskFrame()
    {
        if (Q_UNLIKELY(m_watch))
            leaveObject();
        if (Q_UNLIKELY(m_tasks))
            leaveTasks();
    }

private:
    void ended() noexcept;
    void leaveObject();
    void leaveTasks();

    std::atomic<TaskCore *> m_task{ nullptr };
    ObjectWatch *m_watch = nullptr; // with a reference
    FrameTasks *m_tasks = nullptr;  // made on first use
    std::atomic<bool> m_isDead{ false };
    std::atomic<bool> m_isTold{ false }; // of its object's death: who tells has finished
};

/// Of a Task that was neither awaited nor started: tells of that, unless an exception is on its
/// way.
QFERRY_EXPORT void dropUnbegun(std::coroutine_handle<> frame) noexcept;

/// The type of a coroutine's first argument, if that is an object whose member it is. (By pointers:
/// with g++ 12 the type of a lambda is still incomplete where this is asked.)
template <typename O>
concept ObjectReference = std::convertible_to<std::remove_cvref_t<O> *, const volatile QObject *>;

} // namespace QFerry::Detail
