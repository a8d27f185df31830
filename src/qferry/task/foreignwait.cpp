// SPDX-License-Identifier: MIT
// The coroutine that foreign awaitables resume. Any thread.
#include "foreignwait.h"

namespace QFerry::Detail {

struct Relay::Coroutine
{
    struct promise_type
    {
        static void *operator new(std::size_t size) { return allocateCall(size); }
        static void operator delete(void *memory, std::size_t size) { freeCall(memory, size); }
        Coroutine get_return_object()
        {
            return { std::coroutine_handle<promise_type>::from_promise(*this) };
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); } // nothing in it throws
    };
    std::coroutine_handle<> handle;
};

Relay::Coroutine Relay::wait(Ptr relay)
{
    relay->resumed();
    co_return;
}

std::coroutine_handle<> Relay::handleOf(const Ptr &relay)
{
    return wait(relay).handle;
}

void Relay::resumed()
{
    m_isResumed.store(true, std::memory_order_release);
    if (!m_isStale.load(std::memory_order_acquire))
        m_task->signal(TaskCore::Wake);
}

} // namespace QFerry::Detail
