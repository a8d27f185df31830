// SPDX-License-Identifier: MIT
#include "parker_p.h"

#include "currentcore_p.h"
#include "yieldbriefly_p.h"

#if defined(Q_OS_LINUX)
#    include <linux/futex.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#endif

namespace QFerry::Detail {

void Parker::prepare()
{
    m_core.store(currentCore(), std::memory_order_relaxed);
}

void Parker::sleep()
{
    int state = Awake;
    if (m_state.compare_exchange_strong(state, Asleep, std::memory_order_acquire)) {
        do {
#if defined(Q_OS_LINUX)
            static_assert(sizeof(m_state) == sizeof(int));
            syscall(SYS_futex, &m_state, FUTEX_WAIT_PRIVATE, int(Asleep), nullptr, nullptr, 0);
#else
            m_state.wait(Asleep, std::memory_order_relaxed);
#endif
        } while (m_state.load(std::memory_order_acquire) == Asleep);
    }
    m_state.store(Awake, std::memory_order_relaxed);
}

void Parker::wake()
{
    hasWoken(m_core.load(std::memory_order_relaxed));
    if (m_state.exchange(Woken, std::memory_order_release) != Asleep)
        return;
#if defined(Q_OS_LINUX)
    syscall(SYS_futex, &m_state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr,
            0); // at worst nobody is there
#else
    m_state.notify_one();
#endif
}

} // namespace QFerry::Detail
