// SPDX-License-Identifier: MIT
#pragma once

#include "measure.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qobject.h>

#include <algorithm>

namespace Bench {

/// An event loop to be run once, which ends the program if it is not quit within a minute or two. A
/// quit() that comes before run(), in another loop's turn, counts.
class Loop
{
public:
    void run();
    /// Any thread.
    void quit();

private:
    bool m_quit = false;
    QEventLoop m_loop;
};

/// Keeps `inFlight` empty calls under way until `total` are delivered: each delivery submits the
/// next call.
template <typename Way, typename Handler>
class Flow
{
public:
    Flow(Way way, int inFlight, int total, Handler handler)
        : m_way(way)
        , m_inFlight(std::min(inFlight, total))
        , m_total(total)
        , m_handler(std::move(handler))
    {}

    double nanosecondsPerCall()
    {
        const auto start = Clock::now();
        while (m_submitted < m_inFlight)
            submit();
        m_loop.run();
        return nanoseconds(m_end - start) / m_total;
    }

private:
    void submit()
    {
        ++m_submitted;
        m_way(
                &m_context, [] {}, [this] { delivered(); });
    }

    void delivered()
    {
        m_handler();
        if (m_submitted < m_total)
            submit();
        if (++m_delivered < m_total)
            return;
        m_end = Clock::now();
        m_loop.quit();
    }

    const Way m_way;
    const int m_inFlight;
    const int m_total;
    Handler m_handler;
    int m_submitted = 0;
    int m_delivered = 0;
    Clock::time_point m_end;
    QObject m_context;
    Loop m_loop;
};

/// The cost of an empty call in such a flow.
template <typename Way>
double callCost(Way way, int inFlight, int total)
{
    return Flow(way, inFlight, total, [] {}).nanosecondsPerCall();
}

/// Submits `count` calls of work at once; from there to the last delivery.
template <typename Way, typename Work>
Clock::duration makespan(Way way, int count, Work work)
{
    QObject context;
    Loop loop;
    Clock::time_point end;
    int left = count;
    const auto start = Clock::now();
    for (int i = 0; i < count; ++i) {
        way(&context, work, [&] {
            if (--left > 0)
                return;
            end = Clock::now();
            loop.quit();
        });
    }
    loop.run();
    return end - start;
}

} // namespace Bench
