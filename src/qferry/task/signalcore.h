// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/call/callcore.h>
#include <qferry/call/scopestate.h>
#include <qferry/task/signalslot.h>

#include <memory>

namespace QFerry::Detail {

/// What is to be done when a wait is canceled. In the thread that waits.
class QFERRY_EXPORT CancelAction : public InCallMemory
{
public:
    virtual ~CancelAction();
    virtual void run() = 0;
};

template <typename F>
class CancelFunction final : public CancelAction
{
public:
    template <typename G>
    explicit CancelFunction(G &&function) : m_function(std::forward<G>(function))
    {}
    void run() override { std::invoke(std::move(m_function)); }

private:
    F m_function;
};

/**
 * The call of signal(): waits for one emission, or for the sender's end.
 *
 * Whoever moves the stage on does what is next; emissions, the sender's death and cancels may come
 * in any threads, and at the same time. While it waits, its slot keeps this alive; an emission
 * posts it to the loop of the thread that waits, and it ends there. It is disconnected by Qt at the
 * first emission, else by who cancels.
 */
class QFERRY_EXPORT SignalCore : public CallCore, public InboxItem, public LoopEndListener
{
public:
    ~SignalCore() override;

    /// In the thread that waits: throws InvalidUseError in another. The action is run in that
    /// thread, before the call ends canceled; at once, if that has happened.
    void setCancelAction(std::unique_ptr<CancelAction> action);

    /// The slot is gone. Any thread.
    void connectionEnded();

    void deliver() final;
    void loopFinished() final;
    void loopHasEnded() final;
    bool isAwaitedByThread() const final { return false; }
    void keepListener() final { ref.ref(); }
    void releaseListener() final { release(this); }

protected:
    /// Throws NoEventLoopError, and InvalidUseError if there is no sender.
    explicit SignalCore(const QObject *sender);

    /// Once. From now on the emission counts. Throws InvalidUseError if there is no connection.
    void begin(QMetaObject::Connection connection);
    /// \name In an emission
    /// @{
    /// True for the first. It may write the result then,
    bool claimEmission() { return advance(Stage::Waiting, Stage::OnItsWay); }
    /// and have it delivered.
    void deliverEmission(std::exception_ptr error);
    /// @}
    CallPtr cancelRequested(const QString &reason) final;

private:
    /// Lost: the connection was gone before it counted.
    enum class Stage : quint8 { Connecting, Lost, Waiting, OnItsWay, Canceling, Canceled, Ended };

    bool advance(Stage from, Stage to)
    {
        return m_stage.compare_exchange_strong(from, to, std::memory_order_seq_cst);
    }
    void endCanceled();
    void leave();
    void runCancelAction();

    std::atomic<Stage> m_stage{ Stage::Connecting };
    const QExplicitlySharedDataPointer<LoopInbox> m_inbox;
    QMetaObject::Connection m_connection;
    ScopeMember m_member;
    std::atomic<CancelAction *> m_cancelAction{ nullptr }; // owned; to be taken by an exchange
    std::exception_ptr m_error;
};

/// A SignalCore for values of these types.
template <typename Values>
class EmissionCall;
template <typename... Values>
class EmissionCall<TypeList<Values...>> final : public SignalCore
{
public:
    using Result = typename OneOf<TypeList<Values...>>::Type;

    explicit EmissionCall(const QObject *sender) : SignalCore(sender) {}

    template <typename Sender, typename Signal>
    void start(const Sender *sender, Signal signal)
    {
        constexpr auto once = Qt::ConnectionType(Qt::DirectConnection | Qt::SingleShotConnection);
        using Slot = SignalSlot<EmissionCall, Values...>;
        begin(QObject::connect(sender, signal, sender, Slot(this), once));
    }
    void emitted(const Values &...values)
    {
        if (!claimEmission())
            return;
        std::exception_ptr error;
        try {
            m_result.storeResultOf([&]() -> Result { return Result(values...); });
        } catch (...) {
            error = std::current_exception();
        }
        deliverEmission(std::move(error));
    }
    void *result() override { return m_result.address(); }

private:
    ResultBox<Result> m_result;
};

} // namespace QFerry::Detail
