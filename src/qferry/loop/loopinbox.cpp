// SPDX-License-Identifier: MIT
#include "loopinbox_p.h"

#include <qferry/base/logging_p.h>
#include <qferry/context.h>
#include <qferry/loop/looprescue_p.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/parker_p.h>
#include <qferry/thread/tsan_p.h>
#include <qferry/thread/waiting_p.h>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>

#include <unordered_map>
#include <vector>

namespace QFerry {

using namespace std::chrono_literals;

namespace Detail {

namespace {

struct Registry
{
    std::mutex mutex;
    std::unordered_map<const QThread *, LoopInbox::Ptr> inboxes;

    static Registry &instance()
    {
        static auto *registry = new Registry; // never destroyed: threads may end after main()
        return *registry;
    }
};

constexpr int freeDepth = 4; // drains one inside the other, whatever the loops between them are
constexpr auto nestingDelay = 5ms; // that each further one takes longer to come

/// The QCoreApplication is being destroyed, or has gone, and no other has come: event loops may
/// turn, but deliver nothing.
std::atomic<bool> s_isApplicationOver{ false };

std::atomic<void (*)(const LoopInbox &)> s_closeListener{ nullptr };

// Not owning: the registry keeps the inbox until close(), which also clears this.
thread_local LoopInbox *t_inbox = nullptr;
// The thread's loop has ended for good: what still runs in it must not make another inbox.
thread_local bool t_isOver = false;

/// Closes the inbox of a thread that Qt did not start, before the thread's other objects go.
struct ThreadEnd
{
    ~ThreadEnd()
    {
        if (t_inbox)
            t_inbox->close();
    }
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

void closeMainInbox()
{
    if (t_inbox)
        t_inbox->close();
}

std::vector<LoopInbox::Ptr> allInboxes()
{
    Registry &registry = Registry::instance();
    const std::lock_guard lock(registry.mutex);
    std::vector<LoopInbox::Ptr> all;
    all.reserve(registry.inboxes.size());
    for (const auto &[thread, inbox] : registry.inboxes)
        all.push_back(inbox);
    return all;
}

} // namespace

void InboxReceiver::drain()
{
    __tsan_acquire(this);
    m_inbox->drain();
}

void InboxReceiver::loopTurned()
{
    m_inbox->loopTurned();
}

void InboxReceiver::turnIn(std::chrono::milliseconds time)
{
    if (!m_timer.isActive()) // else the loop turns sooner, and asks again
        m_timer.start(int(time.count()), Qt::PreciseTimer, this);
}

void InboxReceiver::timerEvent(QTimerEvent *)
{
    m_timer.stop(); // the loop has turned, which is all
}

InboxItem *LoopInbox::awakeMark()
{
    return reinterpret_cast<InboxItem *>(quintptr(1));
}

LoopInbox *LoopInbox::existing()
{
    return t_inbox;
}

LoopInbox *LoopInbox::current()
{
    if (Q_LIKELY(t_inbox)) {
        // The main thread makes a call after its loop ended: it goes on, and will run another.
        if (Q_UNLIKELY(t_inbox->m_state.load(std::memory_order_relaxed) == State::Ended)
            && t_inbox->m_isMain)
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
    if (QCoreApplication::instance() && QCoreApplication::instance()->thread() == m_thread) {
        m_isMain = true;
        qAddPostRoutine(closeMainInbox);
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
    if (m_head.load(std::memory_order_seq_cst))
        wakeUp(); // again: before there was an application, the first may have been dropped
}

LoopInbox::Ptr LoopInbox::of(QThread *thread)
{
    Ptr inbox;
    bool isNew = false;
    {
        Registry &registry = Registry::instance();
        const std::lock_guard lock(registry.mutex);
        const auto [it, isAbsent] = registry.inboxes.try_emplace(thread);
        isNew = isAbsent;
        if (isNew) {
            try {
                it->second.reset(new LoopInbox(thread));
            } catch (const std::bad_alloc &) {
                registry.inboxes.erase(it);
                throw;
            }
        }
        inbox = it->second;
    }
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

LoopInbox::LoopInbox(QThread *thread) : m_receiver(new InboxReceiver(this)), m_thread(thread)
{
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
    InboxItem *head = m_head.load(std::memory_order_relaxed);
    do {
        item->m_next = head == awakeMark() ? nullptr : head;
    } while (!m_head.compare_exchange_weak(head, item, std::memory_order_seq_cst,
                                           std::memory_order_relaxed));
    // From here on the item may be gone.
    if (!head)
        wakeUp();
    if (const State state = m_state.load(std::memory_order_seq_cst);
        Q_UNLIKELY(state != State::Turning))
        fail(state == State::Closed);
    return !head;
}

void LoopInbox::wakeUp()
{
    static const QMetaMethod drain = [] {
        const QMetaObject &meta = InboxReceiver::staticMetaObject;
        return meta.method(meta.indexOfMethod("drain()"));
    }();
    const std::lock_guard lock(m_mutex);
    if (!m_receiver)
        return;
    __tsan_release(m_receiver);
    try {
        drain.invoke(m_receiver, Qt::QueuedConnection);
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
    const auto start = Clock::now();
    m_expectsMore = false;
    core.store(currentCore(), std::memory_order_relaxed);

    int stride = 1; // items between looks at the clock: few while items are slow
    int countdown = stride;
    auto lastLook = start;
    for (;;) {
        while (InboxItem *item = m_pending) {
            serve(item);
            if (--countdown > 0 && !m_looksAtClock)
                continue;
            m_looksAtClock = false;
            const auto now = Clock::now();
            wakeServed();
            if (now - start >= 1ms) {
                if (!isClosed())
                    wakeUp();
                return;
            }
            stride = now - lastLook > 50us ? 1 : qMin(stride * 2, 16);
            countdown = stride;
            lastLook = now;
        }
        wakeServed();
        if (isClosed())
            return;
        if (takeArrived())
            continue;
        if (linger(start + 1ms))
            continue;
        InboxItem *head = awakeMark();
        if (m_head.compare_exchange_strong(head, nullptr, std::memory_order_seq_cst) || !head)
            return;
    }
}

void LoopInbox::serve(InboxItem *item)
{
    m_pending = item->m_next;
    if (!m_pending)
        m_pendingEnd = &m_pending;
    if (m_servedCount > 0 && !item->isBlockingRequest())
        wakeServed(); // it may wait for them
    m_serving = true;
    m_loopBegan = {};
    item->deliver();
    m_serving = false;
    turns.store(turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (Q_UNLIKELY(m_state.load(std::memory_order_relaxed) == State::Ended
                   || m_blockedInFuture.load(std::memory_order_relaxed)))
        resume(); // the item ran an exec() of its own, which ended, or waited
}

bool LoopInbox::hasArrived() const
{
    const InboxItem *head = m_head.load(std::memory_order_seq_cst);
    return head && head != awakeMark();
}

/// Moves what has arrived behind what is pending, oldest first. False if nothing has.
bool LoopInbox::takeArrived()
{
    if (!hasArrived())
        return false;
    InboxItem *item = m_head.exchange(awakeMark(), std::memory_order_seq_cst);
    InboxItem *first = nullptr;
    InboxItem *last = item;
    while (item && item != awakeMark()) {
        InboxItem *next = item->m_next;
        item->m_next = first;
        first = std::exchange(item, next);
    }
    *m_pendingEnd = first;
    m_pendingEnd = &last->m_next;
    return true;
}

/// A thread that was just served often comes back at once: waits a little for it, if that paid
/// lately.
bool LoopInbox::linger(Clock::time_point until)
{
    if (!m_expectsMore)
        return false;
    if (makeWay())
        return true;
    if (m_lingerScore < 0) {
        ++m_lingerScore;
        return false;
    }
    const auto now = Clock::now();
    until = qMin(until, now + 20us);
    if (now >= until)
        return false;
    do {
        for (int i = 0; i < 16; ++i) {
            if (const InboxItem *head = m_head.load(std::memory_order_relaxed);
                head != awakeMark()) {
                m_lingerScore = qMin(m_lingerScore + 1, 4);
                return head;
            }
            relaxProcessor();
        }
    } while (giveWay() && Clock::now() < until); // the worker may be on this core
    m_lingerScore = m_lingerScore > 3 ? m_lingerScore - 3 : -30;
    return false;
}

/// A thread that was served on this core would have to wait until this one sleeps: lets it run now,
/// as long as such threads soon sleep or call again. True if one did call.
bool LoopInbox::makeWay()
{
    if (m_waysToSkip > 0) {
        --m_waysToSkip;
        return false;
    }
    const auto away = giveWayToWoken();
    if (!away)
        return false;
    if (*away > 200us) { // it computes, while events may wait for the loop
        m_waysToSkip = m_waysSkipped = qBound(10, m_waysSkipped * 2, 10'000);
        return false;
    }
    m_waysSkipped = 0;
    return hasArrived();
}

/// Called in every turn of any event loop of the thread, before it looks for events.
void LoopInbox::loopTurned()
{
    resume();
    if (Q_UNLIKELY(m_isWakeUpDue.load(std::memory_order_relaxed))
        && m_isWakeUpDue.exchange(false, std::memory_order_seq_cst))
        wakeUp();
    if (Q_UNLIKELY(Alarm::isThreadRefused()) && !Alarm::retryThread())
        m_receiver->turnIn(20ms);
    if (!m_serving)
        return;
    // An item runs an event loop of its own, and drain() is below it on the stack: let it drain
    // too.
    wakeServed();
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
    m_expectsMore = true;
    if (!parker->release())
        return;
    m_served[m_servedCount++] = parker;
    if (m_servedCount == m_served.size())
        wakeServed();
}

void LoopInbox::wakeServed()
{
    const size_t count = std::exchange(m_servedCount, 0);
    for (size_t i = 0; i < count; ++i)
        m_served[i]->nudge();
}

void LoopInbox::wakeServedHere()
{
    if (t_inbox && t_inbox->m_servedCount > 0)
        t_inbox->wakeServed();
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

void LoopInbox::loopGoesOn()
{
    const std::lock_guard lock(m_mutex);
    m_blockedInFuture.store(false, std::memory_order_seq_cst);
    if (m_state.load(std::memory_order_relaxed) == State::Ended
        && !s_isApplicationOver.load(std::memory_order_relaxed))
        m_state.store(State::Turning, std::memory_order_seq_cst);
}

bool LoopInbox::loopEnded()
{
    bool isNew = false;
    {
        const std::lock_guard lock(m_mutex);
        isNew = endTurning();
        m_awaitsApplication = false;
    }
    wakeServed();
    failAwaited();
    return isNew;
}

/// Under the mutex. False if it did not turn.
bool LoopInbox::endTurning()
{
    if (m_state.load(std::memory_order_relaxed) != State::Turning)
        return false;
    m_state.store(State::Ended, std::memory_order_seq_cst);
    return true;
}

/// The same as loopEnded(), until another application begins.
void LoopInbox::endWithApplication()
{
    {
        const std::lock_guard lock(m_mutex);
        if (!s_isApplicationOver.load(std::memory_order_seq_cst))
            return; // it has begun meanwhile
        m_awaitsApplication |= endTurning();
    }
    wakeServed();
    failAwaited();
}

/// Any thread. From now on the loop may be waited for, though its thread has not noticed yet.
void LoopInbox::applicationBegins()
{
    const std::lock_guard lock(m_mutex);
    if (std::exchange(m_awaitsApplication, false)
        && m_state.load(std::memory_order_relaxed) == State::Ended)
        m_state.store(State::Turning, std::memory_order_seq_cst);
}

/// Tells what threads wait for. In any thread while the loop is not turning.
void LoopInbox::failAwaited()
{
    const Ptr keepAlive(this);
    fail(false);
    tellEnd(true);
}

void LoopInbox::blocksInFuture()
{
    wakeServed();
    {
        const std::lock_guard lock(m_mutex);
        m_blockedInFuture.store(true, std::memory_order_seq_cst);
        if (!m_rescue)
            m_rescue = std::make_unique<LoopRescue>(*this);
    }
    m_rescue->begin();
}

/// Any thread: the loop has ended, if its thread blocks still. Null if there is nobody to tell.
LoopInbox::Ptr LoopInbox::endWhileBlocked()
{
    const std::lock_guard lock(m_mutex); // under which close() says so before the registry lets go
    if (!m_blockedInFuture.load(std::memory_order_relaxed) || isClosed())
        return {};
    m_state.store(State::Ended, std::memory_order_seq_cst);
    return Ptr(hasArrived() || m_pending || !m_awaitedListeners.isEmpty() ? this : nullptr);
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
    {
        Registry &registry = Registry::instance();
        const std::lock_guard lock(registry.mutex);
        const auto it = registry.inboxes.find(m_thread);
        if (it != registry.inboxes.end() && it->second.data() == this)
            registry.inboxes.erase(it);
    }
    if (t_inbox == this) {
        t_inbox = nullptr;
        t_isOver = !m_isMain; // there may be another application in the main thread
    }
    forgetThread();
    if (const auto listener = s_closeListener.load(std::memory_order_acquire))
        listener(*this);
    wakeServed();
    fail(true);
    tellEnd(false); // first: what unwinds now may use what is on the stack of those who wait
    tellEnd(true);
    delete receiver;
}

void LoopInbox::setCloseListener(void (*listener)(const LoopInbox &))
{
    s_closeListener.store(listener, std::memory_order_release);
}

/// Tells items that the loop ended: those that a thread waits for, or all. In any thread while the
/// loop is not turning.
void LoopInbox::fail(bool everything)
{
    const Ptr keepAlive(this);
    while (InboxItem *item = takeFailing(everything)) {
        while (item) {
            InboxItem *next = item->m_next;
            item->loopFinished();
            item = next;
        }
    }
}

/// Tells what is under way in the loop and is awaited by threads, or what is not. The latter in the
/// loop's thread only.
void LoopInbox::tellEnd(bool awaited)
{
    while (LoopEndListener *listener = takeEndListener(awaited)) {
        listener->loopHasEnded();
        listener->releaseListener();
    }
}

/// The one that began last, with a reference of its own: as long as it was in the list, it had one.
LoopEndListener *LoopInbox::takeEndListener(bool awaited)
{
    const std::lock_guard lock(m_mutex);
    if (m_state.load(std::memory_order_seq_cst) == State::Turning)
        return nullptr;
    LoopEndListener *listener = endListeners(awaited).takeFirst();
    if (listener)
        listener->keepListener();
    return listener;
}

InboxItem *LoopInbox::takeFailing(bool everything)
{
    const std::lock_guard lock(m_mutex);
    if (m_state.load(std::memory_order_seq_cst) == State::Turning)
        return nullptr; // it turns again and serves them itself
    takeArrived();
    InboxItem *failing = nullptr;
    InboxItem **failingEnd = &failing;
    InboxItem **link = &m_pending;
    while (InboxItem *item = *link) {
        if (!everything && !item->isAwaited()) {
            link = &item->m_next;
            continue;
        }
        *link = item->m_next;
        item->m_next = nullptr;
        *failingEnd = item;
        failingEnd = &item->m_next;
    }
    m_pendingEnd = link;
    return failing;
}

void LoopInbox::addEndListener(LoopEndListener *listener)
{
    const std::lock_guard lock(m_mutex);
    endListeners(listener->isAwaitedByThread()).prepend(listener);
}

bool LoopInbox::removeEndListener(LoopEndListener *listener)
{
    const std::lock_guard lock(m_mutex);
    if (!listener->isLinked())
        return false;
    listener->unlink();
    return true;
}

void LoopInbox::setApplicationOver(bool isOver)
{
    s_isApplicationOver.store(isOver, std::memory_order_seq_cst);
    LogPermit::setGranted(!isOver);
    for (const Ptr &inbox : allInboxes()) {
        if (!isOver)
            inbox->applicationBegins();
        inbox->wakeUp(); // to take notice; or again, as what came meanwhile was dropped
    }
}

static void followApplication()
{
    LoopInbox::setApplicationOver(false);
    qAddPostRoutine([] { LoopInbox::setApplicationOver(true); });
}
Q_COREAPP_STARTUP_FUNCTION(followApplication)

} // namespace Detail

} // namespace QFerry
