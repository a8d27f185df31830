// SPDX-License-Identifier: MIT
// What a task shows to those who list and end all tasks. Its thread, but for what any may ask.
#pragma once

#include <qferry/call/callcore.h>

namespace QFerry::Detail {

/// A task, as a room below those of tasks knows it: a call that goes on in a loop, and is in the
/// list of that loop's listeners from its first wait to its end.
class QFERRY_EXPORT ActiveTask : public CallCore, public LoopEndListener
{
public:
    /// TaskOptions::name. Any thread.
    QString name() const final { return m_name; }
    /// Any thread.
    bool hasBegun() const { return m_hasBegun.load(std::memory_order_relaxed); }
    /// Nobody waits for its end any more who has not to. Any thread.
    void giveUp() { m_isGivenUp.store(true, std::memory_order_relaxed); }
    bool isGivenUp() const { return m_isGivenUp.load(std::memory_order_relaxed); }
    /// Whether it is on the stack. Its thread.
    bool isRunning() const { return m_isRunning; }

protected:
    ActiveTask() = default;
    ~ActiveTask() override = default;

    void setName(const QString &name) { m_name = name; } // before others know it
    void setBegun() { m_hasBegun.store(true, std::memory_order_relaxed); }

    bool m_isRunning = false;

private:
    std::atomic<bool> m_hasBegun{ false };
    std::atomic<bool> m_isGivenUp{ false };
    QString m_name;
};

} // namespace QFerry::Detail
