// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/call/callcore.h>
#include <qferry/call/scopestate.h>

#include <chrono>
#include <vector>

namespace QFerry::Detail {

class Alarm;

/// A call that waits for the next item of a channel, in the consumer's thread; any thread may
/// cancel it, or end its time, until its turn has come. What it gets, and nobody has seen when it
/// goes, returns to the channel.
class QFERRY_EXPORT ChannelTake : public CallCore
{
public:
    using Ptr = QExplicitlySharedDataPointer<ChannelTake>;
    ~ChannelTake() override;

    /// \name The consumer's thread
    /// @{
    /// Fails with ChannelTimeoutError if it has not begun by then; never if 0.
    void startTimeout(std::chrono::nanoseconds timeout);
    /// It has to wait. False if it is canceled at once, as the current scope is.
    bool joinScope();
    /// It is this one's turn. False if it has been canceled, or its time has passed.
    bool begin();
    /// Takes the item, which is there.
    virtual void receive() = 0;
    /// There is no item: ends with the error, or with what stands for the end.
    void fail(std::exception_ptr error) { finish(Outcome::Error, std::move(error)); }
    /// The same with an error that is told once: who comes next is told, if nobody has seen it.
    void failOnce(std::exception_ptr error)
    {
        m_holdsEnd = true;
        fail(std::move(error));
    }
    void endCanceled() { finish(Outcome::Canceled); }
    virtual void receiveEnd() = 0;
    /// @}

    CallCore *lender() final { return this; }
    void outcomeSeen(bool isSeen) final { m_isSeen.store(isSeen, std::memory_order_release); }

protected:
    ChannelTake();
    CallPtr cancelRequested(const QString &reason) final;
    bool isSeen() const { return m_isSeen.load(std::memory_order_acquire); }
    /// Whether an error goes back to where it is from, which sees to its being told.
    bool returnsError();

private:
    void timeOut();
    std::atomic<bool> m_hasBegun{ false };
    std::atomic<bool> m_isSeen{ false };
    bool m_holdsEnd = false;
    std::unique_ptr<Alarm> m_timeout;
    std::unique_ptr<ScopeMember> m_membership; // if it waits in a scope
};

/// A take of one item, whose type is T and whose result R is a T or a std::optional<T>.
template <typename R, typename Ring>
class TakeCall final : public ChannelTake
{
public:
    explicit TakeCall(Ring *ring) : m_ring(ring) {}
    ~TakeCall() override
    {
        if (m_hasItem && !isSeen())
            m_ring->giveBack(m_ticket, std::move(item()));
        if (returnsError())
            m_ring->endUnseen();
    }

    void receive() override
    {
        m_ticket = m_ring->takeTickets(1);
        m_result.store(m_ring->takeItem());
        m_hasItem = true;
        finish(Outcome::Value);
    }
    void receiveEnd() override
    {
        if constexpr (isOptional) {
            m_result.store(std::nullopt);
            finish(Outcome::Value);
        }
    }
    void *result() override
    {
        outcomeSeen(true);
        return m_result.address();
    }

private:
    using Item = typename Ring::Item;
    static constexpr bool isOptional = !std::is_same_v<R, Item>;

    Item &item()
    {
        if constexpr (isOptional)
            return **static_cast<R *>(m_result.address());
        else
            return *static_cast<R *>(m_result.address());
    }

    const QExplicitlySharedDataPointer<Ring> m_ring;
    quint64 m_ticket = 0;
    bool m_hasItem = false;
    ResultBox<R> m_result;
};

/// A take of all items that are there by its turn, at most so many: none at the end.
template <typename Ring>
class BatchTake final : public ChannelTake
{
public:
    BatchTake(Ring *ring, qsizetype most) : m_ring(ring), m_most(most) {}
    ~BatchTake() override
    {
        if (returnsError())
            m_ring->endUnseen();
        if (isSeen())
            return;
        for (auto &item : m_items)
            m_ring->giveBack(m_ticket++, std::move(item));
    }

    void receive() override
    {
        std::exception_ptr error;
        try {
            m_ring->takeItems(m_items, m_most);
        } catch (...) { // no memory; what it has got goes back
            error = std::current_exception();
        }
        m_ticket = m_ring->takeTickets(m_items.size());
        finish(error ? Outcome::Error : Outcome::Value, error);
    }
    void receiveEnd() override { finish(Outcome::Value); }
    void *result() override
    {
        outcomeSeen(true);
        return &m_items;
    }

private:
    const QExplicitlySharedDataPointer<Ring> m_ring;
    const qsizetype m_most;
    quint64 m_ticket = 0;
    std::vector<typename Ring::Item> m_items;
};

} // namespace QFerry::Detail
