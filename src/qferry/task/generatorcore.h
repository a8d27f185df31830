// SPDX-License-Identifier: MIT
// What an AsyncGenerator is, but for its items. Its thread; any may abandon it, or give back what
// it took.
#pragma once

#include <qferry/channel/channeltake.h>
#include <qferry/context.h>
#include <qferry/task/taskwait.h>

namespace QFerry::Detail {

class GeneratorWaitBase;

/**
 * A generator: a task of its own, with the context and scope that it was made in, so it may yield
 * inside of a scope. It begins with the first next(), makes an item when one is asked for, in
 * next() itself if it need not wait, and is suspended in its co_yield otherwise.
 *
 * What it has made and nobody has taken stays here: a take that is canceled leaves it behind, and
 * one that nobody looked at gives it back.
 */
class QFERRY_EXPORT GeneratorCore : public TaskCore
{
public:
    ~GeneratorCore() override;

    /// \name Any thread
    /// @{
    /// There is no consumer any more: it is to end, or never begins.
    void abandon(const QString &reason);
    bool isAbandoned() const { return m_isAbandoned.load(std::memory_order_acquire); }
    /// Finishes once it has ended.
    CallPtr ending();
    /// What a take was told by ChannelTake::failOnce() has been seen by nobody.
    void endUnseen() { m_isEndTold.store(false, std::memory_order_seq_cst); }
    /// @}

    /// \name Its thread
    /// @{
    /// Gives the take the next item. What is wrong with that becomes the take's error.
    void next(const ChannelTake::Ptr &take);
    /// Whether it is to go on behind its co_yield.
    bool isWanted() const { return m_isWanted; }
    /// There is an item, and its coroutine is suspended.
    void itemMade();
    void deliver() final;
    /// @}

protected:
    friend class GeneratorWaitBase;
    /// It has not begun, and the coroutine is its own.
    explicit GeneratorCore(TaskFrame &coroutine);

    void takeResultOf(TaskFrame &) final {}

    std::mutex m_mutex;
    std::atomic<bool> m_hasReturned{ false }; // of items; written under the mutex
    bool m_hasMade = false;                   // an item

private:
    /// Hears of the coroutine's end.
    struct End final : Continuation
    {
        explicit End(GeneratorCore *owner) : generator(owner) {}
        void callFinished() override;
        void deliver() override {}
        void loopFinished() override {}
        GeneratorCore *const generator;
    };

    void checkUse() const;
    bool ask();
    bool hasItem() const { return m_hasMade || m_hasReturned.load(std::memory_order_acquire); }
    /// Whether there is something to say: an item, or the end.
    bool hasNews() const { return hasItem() || isFinished() || isAbandoned(); }
    void makeItem();
    void begin(TaskFrame &coroutine);
    void serve(ChannelTake &take);
    void serveWaiting();
    bool claimEnd();
    void tellEnd(ChannelTake &take);

    ContextPtr m_made;      // what it was made in
    TaskFrame *m_coroutine; // until it begins, or is dropped
    End m_end{ this };
    ChannelTake::Ptr m_take; // which waits, unless it was canceled; or:
    GeneratorWaitBase *m_waiting = nullptr;
    bool m_hasStarted = false;
    bool m_isAsking = false; // next() is on the stack, and serves its own take
    bool m_isWanted = false;
    std::atomic<bool> m_isAbandoned{ false };
    std::atomic<bool> m_isEndTold{ false };
};

/// co_yield in a generator: hands out the item, unless its scope is canceled, and waits until the
/// next one is wanted. If there is no consumer any more it throws, be it in a shield.
class QFERRY_EXPORT YieldWaitBase : public TaskWait
{
public:
    bool await_ready() const { return throws(); }
    void await_suspend(std::coroutine_handle<>)
    {
        if (suspend())
            m_generator.itemMade();
    }
    void await_resume() const
    {
        if (throws() || m_generator.isAbandoned())
            task().throwCanceled();
    }

    bool isOver() const final
    {
        return throws() || m_generator.isWanted() || m_generator.isAbandoned();
    }

protected:
    explicit YieldWaitBase(GeneratorCore &generator) : m_generator(generator)
    {
        if (isAdmitted() && generator.isAbandoned())
            abandonWait();
    }
    ~YieldWaitBase() = default;

private:
    GeneratorCore &m_generator;
};

/// co_await of a generator, in a task: of its next item, without a call.
class QFERRY_EXPORT GeneratorWaitBase : public TaskWait
{
public:
    bool await_ready();
    void await_suspend(std::coroutine_handle<>)
    {
        if (suspend())
            wait();
    }

    bool isOver() const final { return throws() || m_generator->hasNews(); }
    void abandonWait() final;

protected:
    explicit GeneratorWaitBase(QExplicitlySharedDataPointer<GeneratorCore> generator)
        : m_generator(std::move(generator))
    {}
    ~GeneratorWaitBase() { leave(); }

    /// Whether there is an item, not the end. Throws.
    bool hasItem();

private:
    friend class GeneratorCore;
    void wait();
    void leave();
    void wake() { task().signal(TaskCore::Wake); }

    const QExplicitlySharedDataPointer<GeneratorCore> m_generator; // null for one without items
};

} // namespace QFerry::Detail
