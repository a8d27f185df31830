// SPDX-License-Identifier: MIT
// What a task shows to those who list and end all tasks.
#pragma once

#include <qferry/base/sighting.h>
#include <qferry/call/callcore.h>

namespace QFerry::Detail {

/// A task, as a room below those of tasks knows it: a call that goes on in a loop, and is in the
/// list of that loop's listeners from its first wait to its end. Its name is TaskOptions::name.
class QFERRY_EXPORT ActiveTask : public CallCore, public LoopEndListener
{
public:
    /// \name Any thread
    /// @{
    virtual bool hasBegun() const = 0;
    /// Nobody waits for its end any more who has not to.
    virtual void giveUp() = 0;
    virtual bool isGivenUp() const = 0;
    /// Whether it is on the stack: for others than its thread, of a moment ago.
    virtual bool isRunning() const = 0;
    /// Its times are those of its beginning alone.
    LazySighting &sighting() { return m_sighting; }
    /// @}

protected:
    ActiveTask() = default;
    ~ActiveTask() override = default;

private:
    LazySighting m_sighting;
};

} // namespace QFerry::Detail
