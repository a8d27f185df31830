// SPDX-License-Identifier: MIT
#pragma once

#include "asiopeer.h"
#include "peers.h"

#include <QtCore/qsemaphore.h>

/// Queues of calls that nobody may run before open() is called, QFerry's and its peers'. All have a
/// name, submit(work), and the length beyond which filling them takes too long.
namespace Bench {

class QFerryQueue
{
public:
    static constexpr int longest = 1'000'000;
    static QString name() { return u"QFerry toThread()"_s; }

    template <typename Work>
    void submit(Work work)
    {
        QFerry::toThread({ .limiter = &m_limiter }, std::move(work));
    }
    void open() { m_limiter.setTotalTokens(2); }

protected:
    QFerry::CapacityLimiter m_limiter{ 0 };
};

class QFerryThenQueue : public QFerryQueue
{
public:
    static QString name() { return u"QFerry toThread().then(ctx)"_s; }

    template <typename Work>
    void submit(Work work)
    {
        QFerry::toThread({ .limiter = &m_limiter }, std::move(work)).then(&m_context, [] {});
    }

private:
    QObject m_context;
};

/// A pool whose one thread is blocked. Its submissions cost the more the more are queued.
class BlockedPool
{
public:
    static constexpr int longest = 100'000;

    BlockedPool()
    {
        m_pool.setMaxThreadCount(1);
        m_pool.start([this] { m_gate.acquire(); });
    }
    void open() { m_gate.release(); }

protected:
    QThreadPool m_pool;

private:
    QSemaphore m_gate;
};

class ConcurrentQueue : public BlockedPool
{
public:
    static QString name() { return u"QtConcurrent::run"_s; }

    template <typename Work>
    void submit(Work work)
    {
        (void)QtConcurrent::run(&m_pool, std::move(work));
    }
};

class ConcurrentThenQueue : public BlockedPool
{
public:
    static QString name() { return u"QtConcurrent::run, .then(ctx)"_s; }

    ~ConcurrentThenQueue() { m_pool.waitForDone(); } // then() needs the context until the very end
    template <typename Work>
    void submit(Work work)
    {
        // No crash is to be feared: the call does not end before then() is attached.
        (void)QtConcurrent::run(&m_pool, std::move(work)).then(&m_context, [] {});
    }

private:
    QObject m_context;
};

class StartQueue : public BlockedPool
{
public:
    static QString name() { return u"QThreadPool::start"_s; }

    template <typename Work>
    void submit(Work work)
    {
        m_pool.start(std::move(work));
    }
};

#ifdef BENCH_HAS_ASIO
class AsioQueue
{
public:
    static constexpr int longest = 1'000'000;
    static QString name() { return u"asio::post"_s; }

    AsioQueue()
    {
        boost::asio::post(m_pool, [this] { m_gate.acquire(); });
    }
    template <typename Work>
    void submit(Work work)
    {
        boost::asio::post(m_pool, std::move(work));
    }
    void open() { m_gate.release(); }

private:
    QSemaphore m_gate;
    boost::asio::thread_pool m_pool{ 1 };
};
#endif

/// Calls visit.operator()<Queue>() for each of them.
template <typename Visit>
void visitQueues(Visit visit)
{
    visit.template operator()<QFerryQueue>();
    visit.template operator()<QFerryThenQueue>();
    visit.template operator()<ConcurrentQueue>();
    visit.template operator()<ConcurrentThenQueue>();
    visit.template operator()<StartQueue>();
#ifdef BENCH_HAS_ASIO
    visit.template operator()<AsioQueue>();
#endif
}

/// A small lambda that counts how often it ran. Outlives its queue.
class RunCounter
{
public:
    auto work()
    {
        return [this] { m_ran.release(); };
    }
    void waitFor(int count)
    {
        if (!m_ran.tryAcquire(count, 60'000))
            qFatal("Of %d queued calls %d ran", count, m_ran.available());
    }

private:
    QSemaphore m_ran;
};

} // namespace Bench
