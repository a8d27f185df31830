// SPDX-License-Identifier: MIT
#pragma once

#include "testing.h"

#include <future>
#include <thread>

namespace Testing {

/// Whether fn throws exactly an E.
template <typename E, typename F>
[[nodiscard]] bool throws(F &&fn)
{
    try {
        fn();
    } catch (const E &error) {
        return typeid(error) == typeid(E);
    } catch (...) {
        return false;
    }
    return false;
}

/// Runs the event loop until the call has ended: whether it failed with exactly an E.
template <typename E, typename T>
[[nodiscard]] bool failsWith(const QFerry::PendingCall<T> &call)
{
    return throws<E>([&] { resultOf(call); });
}

/// A std::thread that runs fn once, for a test that looks on while its own loop turns. What does
/// not end in time cannot be joined: it ends the program.
template <typename T>
class OutsideThread
{
public:
    template <typename F>
    explicit OutsideThread(F &&fn) : OutsideThread(std::packaged_task<T()>(std::forward<F>(fn)))
    {}
    ~OutsideThread() { join(); }
    Q_DISABLE_COPY_MOVE(OutsideThread)

    [[nodiscard]] bool isFinished() const
    {
        return m_result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }

    /// Lets the calling thread's loop turn until fn has ended: its value, or its error thrown.
    T resultWhileTheLoopTurns()
    {
        if (!spinUntil([this] { return isFinished(); }))
            qFatal("the watchdog ended a wait for a thread");
        return m_result.get();
    }
    /// The same while the calling thread blocks, until the thread has gone.
    T result()
    {
        join();
        return m_result.get();
    }

private:
    explicit OutsideThread(std::packaged_task<T()> task)
        : m_result(task.get_future()), m_thread(std::move(task))
    {}
    void join()
    {
        if (!m_thread.joinable())
            return;
        if (m_result.valid() && m_result.wait_for(watchdog) != std::future_status::ready)
            qFatal("the watchdog ended a wait for a thread");
        m_thread.join();
    }

    std::future<T> m_result;
    std::thread m_thread;
};
template <typename F>
OutsideThread(F) -> OutsideThread<std::invoke_result_t<F>>;

/// Runs fn in a thread of its own while the calling thread's loop turns.
template <typename F>
auto runOutside(F &&fn)
{
    return OutsideThread<std::invoke_result_t<F>>(std::forward<F>(fn)).resultWhileTheLoopTurns();
}

} // namespace Testing
