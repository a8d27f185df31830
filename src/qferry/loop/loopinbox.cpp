// SPDX-License-Identifier: MIT
// How an item gets into a loop, by post() in any thread, and is served there: all else is entered
// by the loop's thread.
#include "loopinbox_p.h"

#include <qferry/context.h>
#include <qferry/loop/inboxreceiver_p.h>
#include <qferry/loop/inboxregistry_p.h>
#include <qferry/loop/looprescue_p.h>
#include <qferry/loop/timeslice.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/tsan_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

constexpr int freeDepth = 4; // drains one inside the other, whatever the loops between them are
constexpr auto nestingDelay = 5ms;      // that each further one takes longer to come
constexpr auto threadRetryDelay = 20ms; // of the alarm thread, which the system has refused

std::atomic<void (*)(const LoopInbox &)> s_closeListener{ nullptr };

// Not owning: the registry keeps the inbox until close(), which also clears this.
thread_local LoopInbox *t_inbox = nullptr;
// The thread's loop has ended for good: what still runs in it must not make another inbox.
thread_local bool t_isOver = false;

void closeOwnInbox()
{
    if (t_inbox)
        t_inbox->close();
}

/// Closes the inbox of a thread that Qt did not start, before the thread's other objects go.
struct ThreadEnd
{
    ~ThreadEnd() { closeOwnInbox(); }
};

/// The inbox that the running thread posted to last. It is kept: the item that was posted may hold
/// the last reference to it, and be served and gone while post() still looks at the inbox.
thread_local LoopInbox *t_postedTo = nullptr;
thread_local bool t_ending = false;

struct PostingEnd
{
    ~PostingEnd()
    {
        t_ending = true;
        const LoopInbox::Ptr kept(std::exchange(t_postedTo, nullptr), QAdoptSharedDataTag());
    }
};

} // namespace

LoopInbox *LoopInbox::existing()
{
    return t_inbox;
}

LoopInbox *LoopInbox::current()
{
    if (Q_LIKELY(t_inbox)) {
        // The main thread makes a call after its loop ended: it goes on, and will run another.
        if (Q_UNLIKELY(t_inbox->m_state.load(std::memory_order_relaxed) == State::Ended)
            && t_inbox->isMain())
            t_inbox->resume();
        return t_inbox;
    }
    if (t_isOver || !QAbstractEventDispatcher::instance())
        return nullptr;
    QThread *thread = QThread::currentThread();
    if (thread->isFinished())
        return nullptr; // its last signal is on its way already, and would not close the inbox
    of(thread)->settle();
    return t_inbox;
}

/// In its thread, before anything else is done there: sees to it that the thread's end closes the
/// inbox.
void LoopInbox::settle()
{
    if (std::exchange(m_settled, true))
        return;
    t_inbox = this;
    m_own = std::make_unique<Own>();
    m_threadId.store(currentThreadId(), std::memory_order_relaxed);
    if (QCoreApplication::instance() && QCoreApplication::instance()->thread() == m_thread) {
        m_isMain.store(true, std::memory_order_relaxed);
        qAddPostRoutine(closeOwnInbox);
    } else {
        ContextFrame::current(); // to be destroyed after threadEnd, which may run handlers
        static thread_local ThreadEnd threadEnd;
        Q_UNUSED(threadEnd);
    }
    auto *dispatcher = QAbstractEventDispatcher::instance();
    QObject::connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, m_receiver,
                     &InboxReceiver::loopTurned, Qt::DirectConnection);
    QObject::connect(dispatcher, &QAbstractEventDispatcher::awake, m_receiver,
                     &InboxReceiver::loopTurned, Qt::DirectConnection);
    if (m_arrivals.top(std::memory_order_seq_cst))
        wakeUp(); // again: before there was an application, the first may have been dropped
}

LoopInbox::Ptr LoopInbox::of(QThread *thread)
{
    const auto [inbox, isNew] = InboxRegistry::instance().findOrAdd(thread);
    if (!isNew)
        return inbox;
    try {
        inbox->watchThread(thread);
    } catch (const std::bad_alloc &) {
        inbox->close(); // it would outlive its thread
        throw;
    }
    return inbox;
}

LoopInbox::LoopInbox(QThread *thread) : m_thread(thread)
{
    m_receiver = new InboxReceiver(this);
    __tsan_release(m_receiver); // as with the post
    m_receiver->moveToThread(thread);
}

/// Without any lock: a thread's connectNotify() may be foreign code. The thread may end, and close
/// this, before all is connected.
void LoopInbox::watchThread(QThread *thread)
{
    const Ptr self(this);
    const bool wasFinished = thread->isFinished();
    const auto threadEnded = [self] {
        tsanAcquire();
        Ptr(self)->close();
    };
    const auto finished =
            QObject::connect(thread, &QThread::finished, thread, threadEnded, Qt::DirectConnection);
    // A thread that never ran, or ended before we came, or lost the connection.
    ObjectDeath death(thread, threadEnded);
    {
        const std::lock_guard lock(m_mutex);
        m_threadFinished = finished;
        m_threadDeath = death;
    }
    tsanRelease();
    if (isClosed())
        forgetThread();
    else if (!wasFinished && thread->isFinished())
        close(); // just now, perhaps before there was a connection
}

void LoopInbox::forgetThread()
{
    QMetaObject::Connection finished;
    ObjectDeath death;
    {
        const std::lock_guard lock(m_mutex);
        finished = std::exchange(m_threadFinished, {});
        death = std::exchange(m_threadDeath, {});
    }
    QObject::disconnect(finished);
    death.forget();
}

LoopInbox::~LoopInbox()
{
    Q_ASSERT(!m_receiver);
    m_rescue.reset();
}

bool LoopInbox::isCurrent() const
{
    return t_inbox == this || QThread::currentThread() == m_thread;
}

bool LoopInbox::post(InboxItem *item)
{
    if (Q_LIKELY(t_postedTo == this))
        return push(item);
    const Ptr keepAlive(this);
    if (!t_ending) {
        static thread_local PostingEnd postingEnd;
        Q_UNUSED(postingEnd);
        const Ptr previous(std::exchange(t_postedTo, Ptr(keepAlive).take()), QAdoptSharedDataTag());
    }
    return push(item);
}

bool LoopInbox::push(InboxItem *item)
{
    const bool wasAsleep = !m_arrivals.push(item, std::memory_order_seq_cst);
    // From here on the item may be gone.
    if (wasAsleep)
        wakeUp();
    if (const State state = m_state.load(std::memory_order_seq_cst);
        Q_UNLIKELY(state != State::Turning))
        fail(state == State::Closed);
    return wasAsleep;
}

void LoopInbox::wakeUp()
{
    const std::lock_guard lock(m_mutex);
    if (!m_receiver)
        return;
    try {
        m_receiver->postDrain();
    } catch (const std::bad_alloc &) { // for an event: whoever posted is not to blame
        wakeUpLater();
    }
    hasWoken(core.load(std::memory_order_relaxed));
}

/// Has the loop turn, which takes no memory, and try again itself.
void LoopInbox::wakeUpLater()
{
    m_isWakeUpDue.store(true, std::memory_order_seq_cst);
    if (auto *dispatcher = QAbstractEventDispatcher::instance(m_receiver->thread()))
        dispatcher->wakeUp();
}

void LoopInbox::drain()
{
    const Ptr keepAlive(this); // an item may close the inbox
    resume();
    if (Q_UNLIKELY(s_isApplicationOver.load(std::memory_order_relaxed)))
        return; // what is left waits for another application
    if (Q_UNLIKELY(m_serving) && !mayNest())
        return; // when the item is done, the drain below goes on with what is there
    m_serving = false;
    const auto began = m_loopBegan;
    ++m_depth;
    drainSlice();
    --m_depth;
    m_loopBegan = began;
}

void LoopInbox::drainSlice()
{
    TimeSlice slice;
    m_patience.drainBegins();
    core.store(currentCore(), std::memory_order_relaxed);
    do {
        if (!serveQueue(slice)) {
            if (!isClosed())
                wakeUp();
            return;
        }
        m_served.wakeAll();
        if (isClosed())
            return;
    } while (takeArrived() || m_patience.linger(m_arrivals, slice.end()) || !fallAsleep());
}

/// False if the slice was over before all was served.
bool LoopInbox::serveQueue(TimeSlice &slice)
{
    while (!m_queue.isEmpty()) {
        serve(m_queue.takeFirst());
        if (!slice.isLookDue() && !m_looksAtClock)
            continue;
        m_looksAtClock = false;
        const bool isOver = slice.isOver();
        m_served.wakeAll();
        if (isOver)
            return false;
    }
    return true;
}

/// False if something has arrived just now: then the loop is still awake.
bool LoopInbox::fallAsleep()
{
    return m_arrivals.exchangeBottom(Arrivals::mark(), nullptr, std::memory_order_seq_cst)
           || !m_arrivals.top(std::memory_order_seq_cst);
}

void LoopInbox::serve(InboxItem *item)
{
    if (!m_served.isEmpty() && !item->isBlockingRequest())
        m_served.wakeAll(); // it may wait for them
    m_serving = true;
    m_loopBegan = {};
    item->deliver();
    m_serving = false;
    turns.store(turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (Q_UNLIKELY(m_state.load(std::memory_order_relaxed) == State::Ended
                   || m_blockedInFuture.load(std::memory_order_relaxed)))
        resume(); // the item ran an exec() of its own, which ended, or waited
}

/// Called in every turn of any event loop of the thread, before it looks for events.
void LoopInbox::loopTurned()
{
    resume();
    if (Q_UNLIKELY(m_isWakeUpDue.load(std::memory_order_relaxed))
        && m_isWakeUpDue.exchange(false, std::memory_order_seq_cst))
        wakeUp();
    if (Q_UNLIKELY(Alarm::isThreadRefused()) && !Alarm::retryThread())
        m_receiver->turnIn(threadRetryDelay);
    if (!m_serving)
        return;
    // An item runs an event loop of its own, and drain() is below it on the stack: let it drain
    // too.
    m_served.wakeAll();
    if (!mayNest())
        return;
    m_serving = false;
    wakeUp();
}

/// Whether an event loop that turns inside an item may serve further items. If that is too early,
/// the loop will turn when it is time.
bool LoopInbox::mayNest()
{
    if (m_depth < freeDepth)
        return true;
    const auto now = Clock::now();
    if (m_loopBegan == Clock::time_point())
        m_loopBegan = now;
    const auto due = m_loopBegan + (m_depth - freeDepth + 1) * nestingDelay;
    if (now >= due)
        return true;
    m_receiver->turnIn(std::chrono::ceil<std::chrono::milliseconds>(due - now));
    return false;
}

void LoopInbox::wakeLater(Parker *parker)
{
    m_patience.expectMore();
    m_served.add(parker);
}

void LoopInbox::wakeServedHere()
{
    if (t_inbox)
        t_inbox->m_served.wakeAll();
}

void LoopInbox::resume()
{
    if (Q_UNLIKELY(!m_settled))
        settle();
    if (Q_UNLIKELY(s_isApplicationOver.load(std::memory_order_relaxed)))
        endWithApplication();
    else if (m_state.load(std::memory_order_relaxed) == State::Ended
             || m_blockedInFuture.load(std::memory_order_relaxed))
        loopGoesOn();
}

void LoopInbox::blocksInFuture()
{
    m_served.wakeAll();
    {
        const std::lock_guard lock(m_mutex);
        m_blockedInFuture.store(true, std::memory_order_seq_cst);
        if (!m_rescue)
            m_rescue = std::make_unique<LoopRescue>(*this);
    }
    m_rescue->begin();
}

void LoopInbox::close()
{
    const Ptr keepAlive(this);
    InboxReceiver *receiver = nullptr;
    {
        const std::lock_guard lock(m_mutex);
        m_state.store(State::Closed, std::memory_order_seq_cst);
        receiver = std::exchange(m_receiver, nullptr);
    }
    InboxRegistry::instance().remove(*this);
    if (t_inbox == this) {
        t_inbox = nullptr;
        t_isOver = !isMain(); // there may be another application in the main thread
    }
    forgetThread();
    if (const auto listener = s_closeListener.load(std::memory_order_acquire))
        listener(*this);
    m_served.wakeAll();
    fail(true);
    tellEnd(false); // first: what unwinds now may use what is on the stack of those who wait
    tellEnd(true);
    delete receiver;
}

void LoopInbox::setCloseListener(void (*listener)(const LoopInbox &))
{
    s_closeListener.store(listener, std::memory_order_release);
}

} // namespace QFerry::Detail
