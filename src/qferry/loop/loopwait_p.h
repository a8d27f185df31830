// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>

namespace QFerry::Detail {

/// While it lives, the running thread waits for what goes on in another loop. If it has a loop
/// itself, that must not be one that the other waits for, directly or through others.
class LoopWait
{
public:
    /// Throws InvalidUseError where the loops would wait for each other. The other outlives this.
    explicit LoopWait(LoopInbox &other) : m_own(LoopInbox::existing())
    {
        if (Q_UNLIKELY(m_own))
            begin(other);
    }
    ~LoopWait()
    {
        if (Q_UNLIKELY(m_own))
            end();
    }
    Q_DISABLE_COPY_MOVE(LoopWait)

private:
    void begin(LoopInbox &other);
    void end();

    LoopInbox *const m_own;
    LoopInbox *m_outer = nullptr; // what an outer wait of this thread waits for
};

} // namespace QFerry::Detail
