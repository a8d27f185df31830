// SPDX-License-Identifier: MIT
// How QFutures finish in the loop that asked, and who looks after those that do not. Calls finish
// in any thread; the bridge looks in that of the alarms.
#include "futurebridge.h"

#include <qferry/call/firing_p.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/errands_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qrunnable.h>
#include <QtCore/qthread.h>
#include <QtCore/qthreadpool.h>

#include <semaphore>
#include <thread>

namespace QFerry::Detail {

using namespace std::chrono_literals;
using SinkPtr = QExplicitlySharedDataPointer<FutureSink>;

constexpr auto lookInterval = 20ms;
constexpr int stillLooks = LoopInbox::patience / lookInterval;
constexpr size_t mostPerLook = 20'000; // unless there are so many that a cancel would come too late
constexpr size_t looksPerCancel = 3;   // within the 100 ms that a cancel may take
constexpr size_t sinksPerLock = 64;    // others want the mutex, too
constexpr auto stillTime = 200us;      // of its processor a thread uses in a look that only waits
constexpr int blockLooks = 20;         // at a thread that has said that it is going to block

/**
 * Looks after the unfinished futures: finds the canceled ones, and those whose loop's thread waits
 * for what comes of them. It does so as an alarm, which runs no foreign code, and leaves all that
 * follows to errands.
 *
 * Most finish sooner than it has to look, so it leaves alone what came in this round, and with that
 * the cache lines that a busy loop works with. The list is in the order of the rounds.
 */
class FutureBridge final : private Alarm
{
public:
    static FutureBridge &instance()
    {
        static auto *bridge = new FutureBridge; // never destroyed: futures may outlive main()
        return *bridge;
    }

    void add(FutureSink *sink)
    {
        const auto lock = lockEagerly(m_mutex);
        addInRound(sink);
        if (++m_count == 1 && !m_looking) {
            m_looking = true;
            set(Clock::now() + lookInterval);
        }
    }

    void remove(FutureSink *sink)
    {
        const auto lock = lockEagerly(m_mutex);
        if (!sink->isLinked())
            return;
        sink->unlink();
        --m_count;
    }

    /// The loop thread blocks in waitForFinished(): finishes what only waits for that loop to turn.
    void finishPosted(const LoopInbox *inbox)
    {
        std::vector<SinkPtr> posted;
        {
            const std::lock_guard lock(m_mutex);
            for (FutureSink *sink : m_sinks) {
                if (sink->m_origin.data() == inbox
                    && sink->m_posted.load(std::memory_order_seq_cst))
                    posted.emplace_back(sink);
            }
        }
        for (const SinkPtr &sink : posted)
            sink->finishOnce();
    }

private:
    void addInRound(FutureSink *sink)
    {
        sink->m_round = m_round;
        m_sinks.append(sink);
    }

    void ring() override
    {
        std::vector<SinkPtr> canceled;
        std::vector<SinkPtr> stuck;
        std::unique_lock lock(m_mutex);
        for (size_t n = qMax(mostPerLook, m_count / looksPerCancel + 1); n > 0; --n) {
            if (n % sinksPerLock == 0) {
                lock.unlock();
                lock.lock();
            }
            FutureSink *sink = m_sinks.first();
            if (!sink || sink->m_round == m_round)
                break;
            sink->unlink();
            addInRound(sink);
            look(sink, canceled, stuck);
        }
        ++m_round;
        m_looking = m_count > 0;
        if (m_looking)
            set(Clock::now() + lookInterval);
        lock.unlock();
        for (const SinkPtr &sink : canceled) {
            if (!runErrand([sink] { sink->futureCanceled(); }))
                tellLater(sink);
        }
        for (const SinkPtr &sink : stuck)
            runErrand([sink] { sink->finishOnce(); }); // or after the next look
    }

    void tellLater(const SinkPtr &sink)
    {
        const std::lock_guard lock(m_mutex);
        sink->m_told = false;
    }

    static void look(FutureSink *sink, std::vector<SinkPtr> &canceled, std::vector<SinkPtr> &stuck)
    {
        if (!sink->m_told && sink->isFutureCanceled()) {
            sink->m_told = true;
            canceled.emplace_back(sink);
        }
        if (sink->m_posted.load(std::memory_order_acquire) && isStuck(sink))
            stuck.emplace_back(sink);
    }

    /// Whether the loop's thread has done nothing for long, but wait for another thread.
    static bool isStuck(FutureSink *sink)
    {
        const LoopInbox &loop = *sink->m_origin;
        const quint32 turns = loop.turns.load(std::memory_order_relaxed);
        const auto time = loop.processorTime();
        const bool isStill = std::exchange(sink->m_seenTurns, turns) == turns
                             && time - std::exchange(sink->m_seenTime, time) < stillTime
                             && loop.isWaitingForThread();
        sink->m_stillLooks = isStill ? sink->m_stillLooks + 1 : 0;
        return sink->m_stillLooks >= (loop.isBlockedInFuture() ? 1 : stillLooks);
    }

    std::mutex m_mutex;
    LinkedList<FutureSink> m_sinks;
    size_t m_count = 0;
    quint32 m_round = 0;
    bool m_looking = false;
};

/**
 * QFuture::waitForFinished() first tries to take the future's runnable out of its pool's queue and
 * to run it. This one sits in the queue of a pool that runs nothing, to be found there by loop
 * threads.
 */
class WaitHook final : public QRunnable
{
public:
    static WaitHook &instance()
    {
        static auto *hook = new WaitHook;
        return *hook;
    }

    void run() override
    {
        pool.start(this); // for the next one
        Firing::runOthersHere();
        LoopInbox *inbox = LoopInbox::current();
        if (!inbox)
            return;
        inbox->blocksInFuture();
        FutureBridge::instance().finishPosted(inbox);
    }

    QThreadPool pool;

private:
    // Its one thread sleeps for ever, so what is started stays queued. (Reserving the thread would
    // not do: the pool then makes another.)
    WaitHook()
    {
        setAutoDelete(false);
        pool.setMaxThreadCount(1);
        pool.start([] { std::binary_semaphore(0).acquire(); });
        pool.start(this);
    }
};

QThreadPool *FutureSink::waitHookPool()
{
    return &WaitHook::instance().pool;
}

QRunnable *FutureSink::waitHook()
{
    return &WaitHook::instance();
}

FutureSink::FutureSink() = default;
FutureSink::~FutureSink() = default;

bool FutureSink::hasOrigin()
{
    return ownLoop();
}

void FutureSink::start()
{
    m_origin.reset(ownLoop());
    if (m_origin) {
        m_origin->turns.store(m_origin->turns.load(std::memory_order_relaxed) + 1,
                              std::memory_order_relaxed);
        m_origin->hasNotBlocked();
    }
    ref.ref(); // until callFinished(), or what it posts, is done
    FutureBridge::instance().add(this);
}

/// Whether the loop's thread, which has said that it is going to block, does: it does not say when
/// it has come back, or whether it has got there.
static bool isBlocking(const LoopInbox &loop)
{
    for (int i = 0; i < blockLooks && loop.isBlockedInFuture(); ++i) {
        if (loop.isWaitingForThread())
            return true;
        std::this_thread::yield();
    }
    return false;
}

void FutureSink::callFinished()
{
    if (!m_origin) {
        WorkerPool::endPublishing();
        finishOnce();
        loopFinished();
        return;
    }
    m_posted.store(true, std::memory_order_seq_cst);
    if (Q_LIKELY(!m_origin->isBlockedInFuture())) {
        m_origin->post(this);
        return;
    }
    const LoopInbox::Ptr inbox = m_origin;
    inbox->post(this); // when that returns, this may be gone: its end is the loop's
    WorkerPool::endPublishing();
    if (isBlocking(*inbox)) // else the loop turns, or the bridge sees
        FutureBridge::instance().finishPosted(inbox.data());
}

bool FutureSink::mayWait() const
{
    return !m_origin || m_origin->isClosed() || m_origin->isBlockedInFuture();
}

void FutureSink::deliver()
{
    loopFinished();
}

void FutureSink::loopFinished()
{
    finishOnce();
    release(this);
}

void FutureSink::finishOnce()
{
    if (m_finished.exchange(true, std::memory_order_acq_rel))
        return;
    FutureBridge::instance().remove(this);
    finishFuture();
}

} // namespace QFerry::Detail
