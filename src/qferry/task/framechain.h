// SPDX-License-Identifier: MIT
// The coroutines of a task. Its thread.
#pragma once

#include <qferry/task/taskframe.h>

namespace QFerry::Detail {

/// What a suspended task waits for; lives in the frame that awaits it. The task's thread.
class Wait
{
public:
    virtual bool isOver() const = 0;
    /// Its scope was canceled: has what is waited for end, and the wait with it.
    virtual void cancelWait(const QString &reason) = 0;
    /// Ends the wait, whatever it waits for.
    virtual void abandonWait() = 0;

protected:
    Wait() = default;
    ~Wait() = default;
    Q_DISABLE_COPY_MOVE(Wait)
};

/**
 * The coroutines of a task, each of which awaits the next: one of them runs, or is to be resumed,
 * or the innermost is suspended. Whoever is awaited, or ends, says here who is next; the task
 * resumes that.
 *
 * Frames that go before their end are destroyed from the innermost on: they may be many, and would
 * go recursively. Before that, the tasks that may refer to what they have are ended.
 */
class QFERRY_EXPORT FrameChain
{
public:
    FrameChain() = default;
    Q_DISABLE_COPY_MOVE(FrameChain)

    void setFirst(TaskFrame &frame)
    {
        m_first = &frame;
        m_slot.set(frame.handle);
    }
    TaskFrame &first() const { return *m_first; }
    /// The first one's; its error is why that went.
    FrameSlot &slot() { return m_slot; }
    /// They are gone, all of them.
    bool isEmpty() const { return !m_slot; }
    /// The one that runs.
    TaskFrame &active() const { return *m_current; }

    /// \name What its frames say
    /// @{
    void enter(TaskFrame &child) { m_next = &child; }
    void ended(TaskFrame &frame)
    {
        m_next = frame.parent;
        m_hasFirstEnded = !frame.parent;
    }
    /// The one that runs waits. Without a wait it is never over.
    void suspend(Wait *wait)
    {
        m_isSuspended = true;
        m_wait = wait;
    }
    /// It does not wait, after all.
    void unsuspend()
    {
        m_isSuspended = false;
        m_wait = nullptr;
    }
    /// @}

    /// \name What its task does
    /// @{
    bool hasFirstEnded() const { return m_hasFirstEnded; }
    Wait *wait() const { return m_wait; }
    bool mayGoOn() const { return m_wait ? m_wait->isOver() : m_next != nullptr; }
    void resumeFirst() { m_next = m_first; }
    void endWait()
    {
        if (!m_wait)
            return;
        unsuspend();
        m_next = std::exchange(m_current, nullptr);
    }
    /// Resumes the one that is to be. False if there is none.
    bool resumeNext()
    {
        TaskFrame *const frame = std::exchange(m_next, nullptr);
        if (!frame)
            return false;
        m_current = frame;
        frame->handle.resume();
        if (!m_isSuspended)
            m_current = nullptr;
        return true;
    }
    /// Ends what may refer to them, as far as it is not running. Whether all of that has ended.
    bool closeTasks() { return closeTasksDownTo(*m_first); }
    /// Destroys the outermost frame whose object has gone, with all that it awaits, which is
    /// canceled for who awaits that.
    void destroyDead();
    /// Destroys all.
    void destroy() { destroyDownTo(*m_first); }
    /// @}

private:
    TaskFrame *innermost() const;
    TaskFrame *outermostDead() const;
    bool closeTasksDownTo(TaskFrame &frame);
    void destroyDownTo(TaskFrame &frame);

    FrameSlot m_slot;
    TaskFrame *m_first = nullptr;
    TaskFrame *m_next = nullptr;    // to be resumed
    TaskFrame *m_current = nullptr; // runs, or is suspended, for:
    Wait *m_wait = nullptr;
    bool m_isSuspended = false;
    bool m_hasFirstEnded = false;
};

} // namespace QFerry::Detail
