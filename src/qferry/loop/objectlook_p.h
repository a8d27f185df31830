// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/thread/waiting_p.h>

#include <array>

namespace QFerry::Detail {

/// While it lives, no watched object goes that had not gone before it began. For a few instructions
/// at most. One lock for all would be fought for, so threads share a few.
class ObjectLook
{
public:
    ObjectLook() noexcept : m_lock(ownLock()) { m_lock.lock(); }
    ~ObjectLook() { m_lock.unlock(); }
    Q_DISABLE_COPY_MOVE(ObjectLook)

    /// An object is going: returns when nobody looks at it any more, who might have before.
    static void waitForAll()
    {
        for (Slot &slot : s_slots) {
            slot.lock.lock();
            slot.lock.unlock();
        }
    }

private:
    struct alignas(64) Slot
    {
        BriefLock lock;
    };

    static BriefLock &ownLock()
    {
        static thread_local BriefLock *t_lock = nullptr;
        if (Q_UNLIKELY(!t_lock)) {
            static std::atomic<unsigned> s_threads{ 0 };
            const unsigned thread = s_threads.fetch_add(1, std::memory_order_relaxed);
            t_lock = &s_slots[thread % s_slots.size()].lock;
        }
        return *t_lock;
    }

    static inline std::array<Slot, 16> s_slots;
    BriefLock &m_lock;
};

} // namespace QFerry::Detail
