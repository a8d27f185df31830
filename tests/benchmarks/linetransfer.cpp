// SPDX-License-Identifier: MIT
#include "linetransfer.h"

#include "measure.h"

#include <QtCore/qthread.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace Bench {

namespace {

constexpr int rounds = 500; // there and back
constexpr int chunks = 5;   // the least counts: in the others something else may have run

/// Two threads throw a cache line to each other; who waits looks at it all the time.
struct alignas(128) Ball
{
    std::atomic<int> throws{ 0 };

    void awaitThrow(int number) const
    {
        for (int looks = 1; throws.load(std::memory_order_acquire) < number; ++looks) {
            if (looks % 100'000 == 0)
                std::this_thread::yield(); // the other one may be on this core
        }
    }
};

} // namespace

double lineTransfer()
{
    if (QThread::idealThreadCount() < 2)
        return 0;
    Ball ball;
    std::thread other([&ball] {
        for (int i = 0; i < chunks * rounds; ++i) {
            ball.awaitThrow(2 * i + 1);
            ball.throws.store(2 * i + 2, std::memory_order_release);
        }
    });
    double least = std::numeric_limits<double>::infinity();
    for (int chunk = 0; chunk < chunks; ++chunk) {
        const auto start = Clock::now();
        for (int i = chunk * rounds; i < (chunk + 1) * rounds; ++i) {
            ball.throws.store(2 * i + 1, std::memory_order_release);
            ball.awaitThrow(2 * i + 2);
        }
        least = std::min(least, nanoseconds(Clock::now() - start) / (2 * rounds));
    }
    other.join();
    return least;
}

} // namespace Bench
