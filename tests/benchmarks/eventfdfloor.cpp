// SPDX-License-Identifier: MIT
#include "eventfdfloor.h"

#if defined(__linux__)
#    include <poll.h>
#    include <sys/eventfd.h>
#    include <unistd.h>

#    include <thread>

namespace Bench {

namespace {

/// What wakes a polling thread.
class Bell
{
public:
    Bell() : m_file(eventfd(0, EFD_CLOEXEC))
    {
        if (m_file < 0)
            qFatal("There is no eventfd");
    }
    ~Bell() { close(m_file); }
    Q_DISABLE_COPY_MOVE(Bell)

    void ring()
    {
        if (eventfd_write(m_file, 1) != 0)
            qFatal("An eventfd cannot be written to");
    }
    void await()
    {
        pollfd watched = { m_file, POLLIN, 0 };
        eventfd_t rings = 0;
        if (poll(&watched, 1, 5'000) != 1 || eventfd_read(m_file, &rings) != 0)
            qFatal("Nobody rings");
    }

private:
    const int m_file;
};

} // namespace

bool hasEventfd()
{
    return true;
}

Samples eventfdRoundTrips(int count, std::chrono::milliseconds pause)
{
    Bell there;
    Bell back;
    std::thread loop([&] {
        for (int i = 0; i < count; ++i) {
            there.await();
            back.ring();
        }
    });
    Samples samples;
    samples.reserve(size_t(count));
    for (int i = 0; i < count; ++i) {
        if (pause > 0ms)
            std::this_thread::sleep_for(pause);
        const auto start = Clock::now();
        there.ring();
        back.await();
        samples.push_back(microseconds(Clock::now() - start));
    }
    loop.join();
    return samples;
}

} // namespace Bench

#else

namespace Bench {

bool hasEventfd()
{
    return false;
}

Samples eventfdRoundTrips(int, std::chrono::milliseconds)
{
    return {};
}

} // namespace Bench

#endif
