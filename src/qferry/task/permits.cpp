// SPDX-License-Identifier: MIT
// How permits are handed on. Any thread.
#include "permits_p.h"

namespace QFerry::Detail {

int Permits::free() const
{
    const std::lock_guard lock(m_mutex);
    return m_free;
}

bool Permits::letPass()
{
    if (m_free == 0)
        return false;
    --m_free;
    return true;
}

/// Under the mutex: the permit is the next one's, who is returned, or free.
QueuedCallPtr Permits::passOn()
{
    QueuedCallPtr next = takeFirst();
    if (!next)
        ++m_free;
    return next;
}

void Permits::giveBack()
{
    const Ptr keepAlive(this);
    // A loop, not a recursion: many calls may wait that nobody looks at any more.
    for (;;) {
        QueuedCallPtr next;
        {
            const std::lock_guard lock(m_mutex);
            next = passOn();
        }
        if (!next)
            return;
        next->pass();
        if (!next->isSoleOwner() || !next->takeBack())
            return;
    }
}

} // namespace QFerry::Detail
