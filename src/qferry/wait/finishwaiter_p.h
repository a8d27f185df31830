// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/callcore.h>

#include <condition_variable>
#include <mutex>

namespace QFerry::Detail {

/// Waits, whatever becomes of the caller meanwhile, until a call has finished.
class FinishWaiter final : public QSharedData, public Continuation
{
public:
    static void wait(CallCore &call);

    void callFinished() override;
    void deliver() override {}
    void loopFinished() override {}

private:
    FinishWaiter() = default;
    void waitFor(CallCore &call);

    std::mutex m_mutex;
    std::condition_variable m_finished;
    bool m_isFinished = false;
};

} // namespace QFerry::Detail
