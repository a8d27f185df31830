// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/threadwork_p.h>

namespace QFerry::Detail {

/**
 * Ends what waits for a loop whose thread blocks in QFuture::waitForFinished(), where nothing can
 * tell that thread to do so itself. Nor does anything tell when it has come back from there, but
 * that it uses the processor. Begun in the loop's thread; rings in the alarm thread, which runs no
 * foreign code, and so leaves the telling to a thread of its own.
 */
class LoopRescue final : private Alarm
{
public:
    /// In the loop's thread.
    explicit LoopRescue(LoopInbox &inbox) : m_inbox(inbox), m_seen(m_clock.now()) {}
    ~LoopRescue() override { clear(); }

    void begin();

private:
    void ring() override;

    LoopInbox &m_inbox; // clears this before it goes
    const ThreadClock m_clock;
    std::atomic<std::chrono::nanoseconds> m_seen; // on that clock, at the last look
};

} // namespace QFerry::Detail
