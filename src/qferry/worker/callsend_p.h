// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/callcore.h>

#include <chrono>
#include <memory>

namespace QFerry::Detail {

/// The end of several calls, for a thread that waits for all of them.
class CallsEnd
{
public:
    using Clock = std::chrono::steady_clock;

    CallsEnd();
    ~CallsEnd();
    Q_DISABLE_COPY_MOVE(CallsEnd)

    void expect(CallCore &call);
    /// Blocks. False if some have not finished at the deadline.
    bool waitUntil(Clock::time_point deadline);
    /// The same while this thread's loop turns, user input excepted; once at least.
    bool turnUntil(Clock::time_point deadline);

private:
    struct Countdown;
    struct CountedEnd;
    const std::shared_ptr<Countdown> d;
};

} // namespace QFerry::Detail
