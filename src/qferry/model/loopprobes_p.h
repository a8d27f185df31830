// SPDX-License-Identifier: MIT
// How long loops leave waiting what is sent to them. Any thread.
#pragma once

#include <qferry/loop/loopinbox_p.h>

#include <chrono>
#include <map>
#include <mutex>
#include <vector>

namespace QFerry::Detail {

/// What is sent to a loop, again and again, to see when it comes to it.
class LoopProbe final : public QSharedData, public InboxItem
{
public:
    using Clock = std::chrono::steady_clock;
    using Ptr = QExplicitlySharedDataPointer<LoopProbe>;

    /// The longest time that it has been under way since it was last asked. Sends it, if it is not.
    Clock::duration look(LoopInbox &loop);

    void deliver() override;
    void loopFinished() override;

private:
    std::atomic<Clock::rep> m_sent{ 0 }; // 0 while it is not under way
    std::atomic<Clock::rep> m_longest{ 0 };
};

/// One for each loop, while there are Watchers.
class LoopProbes
{
public:
    static LoopProbes &instance();

    /// In the order of the loops.
    std::vector<std::chrono::nanoseconds> look(const std::vector<LoopInbox::Ptr> &loops);

private:
    std::vector<LoopProbe::Ptr> probesOf(const std::vector<LoopInbox::Ptr> &loops);

    std::mutex m_mutex;
    std::map<LoopInbox::Ptr, LoopProbe::Ptr> m_probes;
};

} // namespace QFerry::Detail
