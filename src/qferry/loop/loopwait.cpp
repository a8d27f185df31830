// SPDX-License-Identifier: MIT
// Which loop's thread waits for which loop: entered by threads that begin or end such a wait.
#include "loopwait_p.h"

namespace QFerry::Detail {

// Of who waits for whom. Loop threads seldom wait, and workers do not come here.
static std::mutex &waitsMutex()
{
    static auto *mutex = new std::mutex; // never destroyed: threads may wait after main()
    return *mutex;
}

void LoopWait::begin(LoopInbox &other)
{
    const std::lock_guard lock(waitsMutex());
    for (const LoopInbox *loop = &other; loop; loop = loop->m_waitsFor) {
        if (loop == m_own)
            throw InvalidUseError(QStringLiteral(
                    "Two event loops would wait for each other: a function that another loop's "
                    "thread waits for called back into that loop. Return to it first, or use "
                    "startTaskSoon() or a signal, which do not wait"));
    }
    m_outer = std::exchange(m_own->m_waitsFor, &other);
}

void LoopWait::end()
{
    const std::lock_guard lock(waitsMutex());
    m_own->m_waitsFor = m_outer;
}

} // namespace QFerry::Detail
