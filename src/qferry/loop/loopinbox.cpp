// SPDX-License-Identifier: MIT
#include "loopinbox_p.h"

#include <qferry/base/logging_p.h>
#include <qferry/context.h>
#include <qferry/loop/looprescue_p.h>
#include <qferry/loop/timeslice.h>
#include <qferry/thread/alarm_p.h>
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
    if (m_arrivals.top(std::memory_order_seq_cst))
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

bool LoopInbox::hasArrived() const
{
    return Arrivals::isElement(m_arrivals.top(std::memory_order_seq_cst));
}

/// Moves what has arrived into the queue, oldest first. False if nothing has.
bool LoopInbox::takeArrived()
{
    if (!hasArrived())
        return false;
    InboxItem *newest = m_arrivals.takeAll(Arrivals::mark(), std::memory_order_seq_cst);
    m_queue.append(Arrivals::oldestFirst(newest), newest);
    return true;
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
    m_served.wakeAll();
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
    m_served.wakeAll();
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
    m_served.wakeAll();
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
    return Ptr(hasArrived() || !m_queue.isEmpty() || !m_awaitedListeners.isEmpty() ? this
                                                                                   : nullptr);
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

/// Tells items that the loop ended: those that a thread waits for, or all. In any thread while the
/// loop is not turning.
void LoopInbox::fail(bool everything)
{
    const Ptr keepAlive(this);
    ItemQueue failing;
    while (takeFailing(failing, everything)) {
        while (!failing.isEmpty())
            failing.takeFirst()->loopFinished();
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

/// False if there is none.
bool LoopInbox::takeFailing(ItemQueue &failing, bool everything)
{
    const std::lock_guard lock(m_mutex);
    if (m_state.load(std::memory_order_seq_cst) == State::Turning)
        return false; // it turns again and serves them itself
    takeArrived();
    m_queue.moveTo(failing, everything);
    return !failing.isEmpty();
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
