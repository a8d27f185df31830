// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace QFerry::Detail {

/// As std::condition_variable's wait_until(), for the last time that there is, too: some systems
/// reckon with it and come out in the past.
template <typename Predicate>
bool waitUntil(std::unique_lock<std::mutex> &lock, std::condition_variable &changed,
               std::chrono::steady_clock::time_point deadline, Predicate isDone)
{
    if (deadline != std::chrono::steady_clock::time_point::max())
        return changed.wait_until(lock, deadline, isDone);
    changed.wait(lock, isDone);
    return true;
}

} // namespace QFerry::Detail
