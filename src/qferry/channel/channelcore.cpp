// SPDX-License-Identifier: MIT
// Any thread publishes and urges; the consumer's thread delivers, and serves what takes wait.
#include "channelcore.h"

#include <qferry/base/logging_p.h>
#include <qferry/channel/channeltake.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/waiting_p.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

// What comes faster than the loop takes it goes into a list.
constexpr quint64 unboundedRing = 1024;
constexpr qsizetype biggestRing = 16'384; // the items' places take memory from the beginning
constexpr auto lingerTime = 20us;
constexpr int pausesPerClock = 8; // while it lingers
constexpr auto gatherTime = 4us;  // less than a wake-up takes
constexpr int pausesPerLook = 7;  // while it gathers: the producers write to what that reads
constexpr auto atOnceTime = 1ms;  // so long takes may be served without the loop
constexpr int takesPerClock = 16;

quint64 capacityOf(qsizetype maxSize)
{
    if (maxSize < 0)
        throw InvalidUseError(QStringLiteral(
                "The maximum size of a channel or stream must not be negative. 0 sets no bound"));
    return maxSize == 0 ? unboundedRing : quint64(qMin(maxSize, biggestRing));
}

} // namespace

ChannelCore::ChannelCore(qsizetype maxSize) : m_positions(capacityOf(maxSize)), m_maxSize(maxSize)
{}

ChannelCore::~ChannelCore() = default;

ChannelCore::Clock::time_point ChannelCore::deadlineAfter(std::chrono::nanoseconds timeout)
{
    if (timeout < 0ns)
        throw InvalidUseError(
                QStringLiteral("The timeout of a channel must not be negative. 0 sets none"));
    return timeout == 0ns ? Clock::time_point::max() : timeAfter(timeout);
}

void ChannelCore::bind(LoopInbox::Ptr inbox)
{
    m_inbox = std::move(inbox);
    ref.ref();
    m_isLinked.store(true, std::memory_order_release);
    m_inbox->addEndListener(this);
    if (m_inbox->isClosed() && m_inbox->removeEndListener(this))
        loopHasEnded(); // that thread has ended meanwhile, and tells nobody any more
}

void ChannelCore::unbind()
{
    if (!m_isLinked.exchange(false, std::memory_order_acq_rel) || !m_inbox->removeEndListener(this))
        return;
    const Ptr bound(this, QAdoptSharedDataTag());
}

qsizetype ChannelCore::count() const
{
    return qsizetype(m_positions.count()) + m_countElsewhere.load(std::memory_order_relaxed);
}

void ChannelCore::close()
{
    {
        // Between two items that go to the list of an unbounded channel.
        const std::lock_guard lock(m_mutex);
        if (!m_positions.close())
            return;
    }
    m_producers.giveTurnsToAll();
    urge();
}

bool ChannelCore::isFull() const
{
    return hasList() ? m_maxSize > 0 && count() >= m_maxSize : m_positions.isFull();
}

bool ChannelCore::isCurrent() const
{
    return m_inbox && m_inbox->isCurrent();
}

void ChannelCore::requireCurrent(const char *function) const
{
    if (!isCurrent())
        throw InvalidUseError(
                QStringLiteral(
                        "%1 must be called in the thread that the channel or stream delivers to")
                        .arg(QLatin1String(function)));
}

// --- The loop's attention

void ChannelCore::post()
{
    ref.ref(); // until deliver() or loopFinished()
    m_inbox->post(this);
}

void ChannelCore::urge()
{
    if (isLinked()
        && m_attention.exchange(Attention::Queued, std::memory_order_seq_cst) != Attention::Queued)
        post();
}

void ChannelCore::wakeLoop()
{
    Attention expected = Attention::Idle;
    if (m_attention.compare_exchange_strong(expected, Attention::Queued, std::memory_order_seq_cst))
        post();
}

void ChannelCore::attend()
{
    Attention expected = Attention::Dormant; // which nobody else brings about
    if (m_attention.load(std::memory_order_relaxed) != expected)
        return;
    if (m_attention.compare_exchange_strong(expected, Attention::Queued, std::memory_order_seq_cst)
        && !rest())
        post();
}

/// Leaves the Queued state, which the caller answers for. False if there is work, and the caller
/// still does.
bool ChannelCore::rest()
{
    const bool isItemOfUse = isWanted() || (isClosed() && !m_positions.isSettled());
    m_attention.store(isItemOfUse ? Attention::Idle : Attention::Dormant,
                      std::memory_order_seq_cst);
    if (!isWorkLeft())
        return true;
    return m_attention.exchange(Attention::Queued, std::memory_order_seq_cst) == Attention::Queued;
}

bool ChannelCore::isWorkLeft() const
{
    return (isWanted() && hasItem()) || hasNews() || (hasTakes() && isAtEnd());
}

bool ChannelCore::hasItemElsewhere() const
{
    return m_hasFront || m_hasReturned.load(std::memory_order_seq_cst)
           || (m_overflowing.load(std::memory_order_seq_cst) && m_positions.isEmpty());
}

void ChannelCore::itemsTaken()
{
    wakeProducerAtHalf();
    if (m_attention.load(std::memory_order_relaxed) != Attention::Queued
        && m_producers.isRoomAwaited())
        urge(); // when the loop turns, any room is worth it
}

bool ChannelCore::isDrained() const
{
    return m_positions.isDrained() && !hasItemElsewhere();
}

void ChannelCore::deliver()
{
    const Ptr keepAlive(this, QAdoptSharedDataTag());
    m_servedAtOnce = 0;
    if (isWorkLeft()) {
        m_producers.wakeNext();
    } else {
        m_producers.wakeAll();
        if (rest())
            return;
    }
    // Already: to look again afterwards, and for the event loop that a handler may run.
    post();
    TimeSlice slice;
    for (;;) {
        const quint64 before = m_positions.head();
        serve(slice);
        wakeProducerAtHalf();
        if (slice.isOver()) {
            m_inbox->lookAtClock();
            return;
        }
        const quint64 taken = m_positions.head() - before;
        if (!isWorkLeft() && !(taken > 0 && linger(slice)))
            return;
        gather(taken);
    }
}

/// The next item is often about to come: waits a little for it, if that paid lately.
bool ChannelCore::linger(const TimeSlice &slice)
{
    if (!isWanted() || isClosed() || !m_lingering.isWorthATry())
        return false;
    const auto until = qMin(slice.end(), Clock::now() + lingerTime);
    const bool hasPaid =
            spinUntil([this] { return m_positions.isHeadPublished(); }, until, pausesPerClock);
    if (hasPaid)
        m_lingering.hasPaid();
    else
        m_lingering.hasNotPaid();
    return hasPaid;
}

/// The consumer has caught up with the producers: lets them get ahead if they are quick, so that
/// there are enough items for the next time. Looks at a place where they are not yet.
void ChannelCore::gather(quint64 taken)
{
    if (!isWanted() || isClosed() || !m_positions.isHeadPublished())
        return;
    if (taken > m_gathered && m_gathered < m_positions.capacity() / 4)
        m_gathered *= 2;
    const quint64 last = m_positions.head() + m_gathered - 1;
    if (m_positions.isPublished(last))
        return;
    const auto isThere = [this, last] {
        for (int i = 0; i < pausesPerLook; ++i)
            relaxProcessor();
        return m_positions.isPublished(last);
    };
    if (!spinUntil(isThere, Clock::now() + gatherTime, 1))
        m_gathered = qMax(m_gathered / 2, quint64(1));
}

void ChannelCore::loopFinished()
{
    // In any thread; loopHasEnded() tells the consumer.
    const Ptr keepAlive(this, QAdoptSharedDataTag());
    m_attention.store(Attention::Dormant, std::memory_order_seq_cst);
}

void ChannelCore::loopHasEnded()
{
    const Ptr keepAlive(this, QAdoptSharedDataTag());
    m_isLinked.store(false, std::memory_order_release);
    m_loopFinished.store(true, std::memory_order_seq_cst);
    close();
    abandonConsumers();
}

// --- Takes

void ChannelCore::startTake(const QExplicitlySharedDataPointer<ChannelTake> &take,
                            std::chrono::nanoseconds timeout)
{
    while (!m_takes.empty() && m_takes.back()->isFinished())
        m_takes.pop_back();
    while (!m_takes.empty() && m_takes.front()->isFinished())
        m_takes.pop_front();
    if (m_takes.empty() && (hasItem() || isAtEnd()) && mayServeAtOnce()) {
        serveAtOnce(*take);
        return;
    }
    if (!take->joinScope())
        return;
    m_takes.push_back(take);
    take->startTimeout(timeout);
    attend();
}

void ChannelCore::serveAtOnce(ChannelTake &take)
{
    if (!hasItem()) {
        tellEnd(take);
        return;
    }
    if (!take.begin())
        return;
    take.receive();
    itemsTaken();
}

/// Who takes items one after another without ever waiting would keep the loop from turning: not for
/// longer than a slice.
bool ChannelCore::mayServeAtOnce()
{
    if (m_servedAtOnce++ == 0) {
        m_servesAtOnceSince = Clock::now();
        urge(); // this is counted from one turn of the loop to the next
        return true;
    }
    if (m_servedAtOnce % takesPerClock != 0 || Clock::now() - m_servesAtOnceSince < atOnceTime)
        return true;
    --m_servedAtOnce; // the next one looks at the clock, too
    m_inbox->lookAtClock();
    return false;
}

void ChannelCore::serveTakes(TimeSlice &slice)
{
    while (!m_takes.empty() && (hasItem() || isAtEnd())) {
        const auto take = m_takes.front();
        m_takes.pop_front();
        if (!take->begin())
            continue; // canceled, or its time has passed
        if (hasItem())
            take->receive();
        else
            tellEnd(*take);
        if (slice.isOverAfterItem())
            return;
    }
}

void ChannelCore::itemLost() noexcept
{
    try {
        if (const LogPermit permit; permit)
            qCCritical(lcQFerry)
                    << "There is no memory to give an item back to its channel: it is lost";
    } catch (const std::bad_alloc &) {
    }
}

void ChannelCore::endTakes()
{
    while (!m_takes.empty()) {
        const auto take = m_takes.front();
        m_takes.pop_front();
        if (take->begin())
            tellEnd(*take);
    }
}

} // namespace QFerry::Detail
