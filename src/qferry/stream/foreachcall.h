// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/callable.h>
#include <qferry/call/handlerfunction.h>
#include <qferry/call/objectuser.h>
#include <qferry/stream/streamring.h>

#include <QtCore/qobject.h>

#include <chrono>
#include <functional>
#include <limits>
#include <span>

namespace QFerry::Detail {

class ObjectWatch;

/// The call of forEach() or forEachBatch(). It finishes when the generator has ended. Its context
/// stays in one thread: it fails if that moves.
class QFERRY_EXPORT ForEachCall : public CallCore, public ObjectUser
{
public:
    using Ptr = QExplicitlySharedDataPointer<ForEachCall>;
    ~ForEachCall() override;

    /// Begins to take items, in the context's thread. What is wrong with that is the call's error.
    /// owning: the stream ends with this.
    void start(QObject *context, bool owning);

    void addProgressListener(ProgressListener *listener) final;

    /// \name The consumer's thread
    /// @{
    void run(TimeSlice &slice);
    /// Whether run() is on the stack: a handler may run an event loop.
    bool isRunning() const { return m_running > 0; }
    /// Whether it is too early for the next items.
    bool isPausing() const { return m_isPausing; }
    /// The generator has ended like this, and no item is left.
    void conclude(Outcome outcome, const std::exception_ptr &error);
    /// @}

    void contextDied() final;
    CallCore *userCall() final { return this; }

protected:
    explicit ForEachCall(StreamCore *stream);

    /// Handles the next item, or some, which are there. False to stop. May throw.
    virtual bool handle() = 0;
    virtual bool handlesSingleItems() const = 0;
    virtual bool hasFunction() = 0;
    virtual void dropFunction() noexcept = 0;
    CallPtr cancelRequested(const QString &reason) final;
    /// In handle(): no more items for so long, or until goOn(), which the consumer's thread calls.
    void pause(std::chrono::milliseconds time);
    void hold() { m_isPausing = true; }
    void goOn();

private:
    void begin(QObject *context);
    bool hasContextHere();
    void leaveContext();
    StreamCore::Ptr currentStream() const;
    void stop(Outcome outcome, std::exception_ptr error, const QString &reason);
    bool isStopped() const { return m_isStopped.load(std::memory_order_acquire); }

    mutable std::mutex m_mutex;
    StreamCore::Ptr m_stream; // this and the next two: guarded by the mutex
    Outcome m_outcome = Outcome::Pending;
    std::exception_ptr m_error;
    std::atomic<bool> m_isStopped{ false };
    bool m_isOwning = false;
    int m_handled = 0; // this and the next three: the consumer's
    int m_running = 0;
    bool m_isPausing = false;
    ContextPtr m_context;
    QExplicitlySharedDataPointer<ObjectWatch> m_watch;
};

template <typename F, typename Argument>
constexpr bool isItemHandler()
{
    if constexpr (std::is_invocable_v<F &, Argument>) {
        using R = std::invoke_result_t<F &, Argument>;
        return std::is_void_v<R> || std::is_same_v<std::remove_cvref_t<R>, bool>;
    } else {
        return false;
    }
}

/// False to stop.
template <typename F, typename Argument>
bool handleItem(F &function, Argument &&argument)
{
    if constexpr (std::is_void_v<std::invoke_result_t<F &, Argument>>) {
        std::invoke(function, std::forward<Argument>(argument));
        return true;
    } else {
        return std::invoke(function, std::forward<Argument>(argument));
    }
}

/// The parts that the two kinds share: the stream of a type T, and a function.
template <typename T, typename F>
class ForEachFunction : public ForEachCall
{
protected:
    using Ring = StreamRing<T>;

    template <typename G>
    ForEachFunction(Ring *ring, G &&function)
        : ForEachCall(ring), m_ring(ring), m_function(std::forward<G>(function))
    {}

    bool hasFunction() final { return !isNullCallable(*m_function); }
    void dropFunction() noexcept final { m_function.reset(); }

    Ring *const m_ring; // lives while items are handled
    FunctionBox<F> m_function;
};

/// Stream::forEach()
template <typename T, typename F>
class ForEachItem final : public ForEachFunction<T, F>
{
public:
    template <typename G>
    ForEachItem(typename ForEachFunction<T, F>::Ring *ring, G &&function)
        : ForEachFunction<T, F>(ring, std::forward<G>(function))
    {}

protected:
    bool handle() override { return handleItem(*this->m_function, this->m_ring->takeItem()); }
    bool handlesSingleItems() const override { return true; }
};

/// How many items a batch has: as many as take a quarter of a slice, by what the last ones took.
class BatchSize
{
public:
    using Clock = TimeSlice::Clock;
    qsizetype value() const { return m_value; }
    void adapt(Clock::duration time)
    {
        if (time > tooLong)
            m_value = qMax(m_value / 2, qsizetype(1));
        else if (time < tooShort)
            m_value = qMin(m_value * 2, biggest);
    }

private:
    static constexpr std::chrono::microseconds tooLong{ 300 };
    static constexpr std::chrono::microseconds tooShort{ 100 };
    static constexpr qsizetype biggest = 4096;
    qsizetype m_value = 16;
};

/// Stream::forEachBatch()
template <typename T, typename F>
class ForEachBatch final : public ForEachFunction<T, F>
{
public:
    template <typename G>
    ForEachBatch(typename ForEachFunction<T, F>::Ring *ring, G &&function,
                 std::chrono::milliseconds interval)
        : ForEachFunction<T, F>(ring, std::forward<G>(function)), m_interval(interval)
    {}

protected:
    bool handle() override
    {
        std::vector<T> items =
                std::move(m_items); // the handler may run an event loop, and that come here
        const bool isPaced = m_interval > std::chrono::milliseconds::zero();
        if (isPaced)
            this->pause(m_interval);
        this->m_ring->takeItems(items,
                                isPaced ? std::numeric_limits<qsizetype>::max() : m_size.value());
        const auto start = BatchSize::Clock::now();
        const bool goesOn = handleItem(*this->m_function, std::span<T>(items));
        m_size.adapt(BatchSize::Clock::now() - start);
        items.clear();
        m_items = std::move(items);
        return goesOn;
    }
    bool handlesSingleItems() const override { return false; }

private:
    const std::chrono::milliseconds m_interval; // from one batch to the next, at least
    std::vector<T> m_items;                     // empty: its memory
    BatchSize m_size;
};

/// Hands all items of the ring to a function: by a ForEachItem or a ForEachBatch. owner: what holds
/// the ring now, if the call is to hold it instead.
template <template <typename, typename> class Call, typename T, typename Context, typename F,
          typename... Pace>
PendingCall<void> startForEach(const typename StreamRing<T>::Ptr &ring,
                               typename StreamRing<T>::Ptr *owner, const Context &context, F &&f,
                               Pace... pace)
{
    using Function = HandlerFunctionType<Context, F>;
    constexpr bool isOfItems = std::is_same_v<Call<T, Function>, ForEachItem<T, Function>>;
    using Argument = std::conditional_t<isOfItems, T &&, std::span<T>>;
    decltype(auto) function = handlerFunction<Argument>(context, std::forward<F>(f));
    if constexpr (isOfItems)
        static_assert(isItemHandler<Function, Argument>(),
                      "QFerry: forEach() takes a function of the stream's item that returns "
                      "nothing, or false to stop. "
                      "To wait for something between two items, use co_await stream.next()");
    else
        static_assert(isItemHandler<Function, Argument>(),
                      "QFerry: forEachBatch() takes a function of a std::span of the stream's "
                      "items that returns "
                      "nothing, or false to stop");
    auto *call =
            new Call<T, Function>(ring.data(), std::forward<decltype(function)>(function), pace...);
    PendingCall<void> result{ CallPtr(call) };
    if (owner)
        owner->reset();
    call->start(context, owner);
    return result;
}

} // namespace QFerry::Detail
