// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <chrono>
#include <optional>

namespace QFerry::Detail {

/**
 * Lets other threads run on this core for some microseconds. False if it did not, because that
 * takes milliseconds at present: the thread that waits had better sleep.
 *
 * A thread that yields on a machine whose cores all compute comes back when the others have used up
 * their slices, while one that was asleep runs soon after it is woken. So the first one that comes
 * back late ends it for all threads, and from time to time one of them tries again.
 *
 * served: counts what the loop does that this thread waits for, if it waits for one. As long as
 * that does much meanwhile, it is the one that has this core, and nobody is late.
 */
bool yieldBriefly(const std::atomic<quint32> *served = nullptr);

/// This thread has woken one that ran on that core (see currentCore()) when it was last seen.
void hasWoken(int core);
/// For a thread that has nothing to do at present: yields if it has woken one that ran on this
/// core, where that would wait until this thread sleeps. How long it was away, if it did.
std::optional<std::chrono::nanoseconds> yieldToWoken();

} // namespace QFerry::Detail
