// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/calloptions.h>
#include <qferry/channel/channelring.h>
#include <qferry/context.h>

namespace QFerry::Detail {

class ForEachCall;

/**
 * A stream, all of it but the items and the generator: a channel with one producer, a call that
 * starts when the consumer first wants an item and ends when the consumer goes. That call's outcome
 * is the stream's end.
 */
class QFERRY_EXPORT StreamCore : public ChannelCore
{
public:
    using Ptr = QExplicitlySharedDataPointer<StreamCore>;

    ~StreamCore() override;

    /// \name Any thread
    /// @{
    /// There is no consumer any more: the generator is to end, or never starts.
    void abandon(const QString &reason);
    /// Finishes once the generator has ended and is gone.
    CallPtr ending();
    CallPtr producer() const final { return generatorCall(); }
    void endUnseen() final { m_isEndTold.store(false, std::memory_order_seq_cst); }
    /// @}

    /// \name The consumer's thread
    /// @{
    /// Gives the take the next item. What is wrong with that becomes the take's error.
    void next(const ChannelTake::Ptr &take);
    /// Hands all items to that call, in the thread of the inbox. Throws InvalidUseError.
    void attach(ForEachCall *forEach, const QExplicitlySharedDataPointer<LoopInbox> &inbox);
    /// The listener hears of the generator's progress. After attach().
    void addProgressListener(ProgressListener *listener);
    bool isAbandoned() const { return m_isAbandoned.load(std::memory_order_seq_cst); }
    using ChannelCore::hasItem;
    using ChannelCore::wakeProducerAtHalf;
    /// @}

protected:
    explicit StreamCore(qsizetype maxSize);

    /// Starts the call of the generator, which is used up.
    virtual CallPtr startGenerator() = 0;
    virtual void dropGenerator() noexcept = 0;
    virtual void discardItems() = 0;

    bool isWanted() const final;
    bool hasNews() const final;
    void serve(TimeSlice &slice) final;
    void abandonConsumers() final;
    bool isAtEnd() const final;
    void tellEnd(ChannelTake &take) final;
    [[noreturn]] void throwClosed() const final;
    [[noreturn]] void throwLoopEnded() const final;

private:
    /// Hears of the generator's end.
    struct GeneratorEnd final : Continuation
    {
        explicit GeneratorEnd(StreamCore *owner) : stream(owner) {}
        void callFinished() override;
        void deliver() override {}
        void loopFinished() override {}
        StreamCore *const stream;
    };

    void start(const QExplicitlySharedDataPointer<LoopInbox> &inbox);
    /// True once: for who starts the generator, or drops it.
    bool claimGenerator()
    {
        return !m_isGeneratorClaimed.exchange(true, std::memory_order_seq_cst);
    }
    bool isOver() const;
    bool isForEachOver() const;
    void concludeForEach();
    CallPtr generatorCall() const;

    ContextPtr m_context; // what the stream was made in
    mutable std::mutex m_callMutex;
    CallPtr m_call; // guarded by the mutex
    GeneratorEnd m_end;
    std::atomic<bool> m_isGeneratorClaimed{ false };
    std::atomic<bool> m_isAbandoned{ false };
    // how the generator ended: final when m_hasEnded is set
    std::atomic<bool> m_hasEnded{ false };
    Outcome m_outcome = Outcome::Pending;
    std::exception_ptr m_error;
    std::atomic<bool> m_isEndTold{ false };
    // the consumer's thread
    QExplicitlySharedDataPointer<ForEachCall> m_forEach;
};

} // namespace QFerry::Detail
