// SPDX-License-Identifier: MIT
// A generator with its items, and the promise of its coroutine. Its thread; any may give back an
// item.
#pragma once

#include <qferry/channel/channelcore.h>
#include <qferry/channel/returneditems.h>
#include <qferry/task/generatorcore.h>
#include <qferry/task/taskpromise.h>

#include <optional>

namespace QFerry {

template <typename T>
class AsyncGenerator;

namespace Detail {

template <typename T>
class GeneratorItems final : public GeneratorCore
{
public:
    using Item = T;
    using Ptr = QExplicitlySharedDataPointer<GeneratorItems>;

    explicit GeneratorItems(TaskFrame &coroutine) : GeneratorCore(coroutine) {}

    /// What a take got and nobody has seen. Any thread.
    void giveBack(quint64 ticket, T &&item) noexcept
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_returned.add(ticket, std::move(item)))
                return ChannelCore::itemLost();
            m_hasReturned.store(true, std::memory_order_release);
        }
        signal(Wake);
    }

    /// \name Its thread
    /// @{
    template <typename U>
    void make(U &&item)
    {
        m_item.emplace(std::forward<U>(item));
        m_hasMade = true;
    }
    /// So many numbers in a row, for giveBack(): the first of them.
    quint64 takeTickets(quint64 count) { return std::exchange(m_tickets, m_tickets + count); }
    /// Only if there is an item.
    T takeItem()
    {
        if (Q_UNLIKELY(m_hasReturned.load(std::memory_order_acquire)))
            return takeReturned();
        m_hasMade = false;
        T item(std::move(*m_item));
        m_item.reset();
        return item;
    }
    /// @}

private:
    T takeReturned()
    {
        const std::lock_guard lock(m_mutex);
        T item = m_returned.takeFirst();
        m_hasReturned.store(!m_returned.isEmpty(), std::memory_order_release);
        return item;
    }

    std::optional<T> m_item;
    quint64 m_tickets = 0;
    ReturnedItems<T> m_returned; // guarded by the mutex
};

template <typename T>
class YieldWait final : public YieldWaitBase
{
public:
    template <typename U>
    YieldWait(GeneratorItems<T> &generator, U &&item) : YieldWaitBase(generator)
    {
        if (isAdmitted() && !throws())
            generator.make(std::forward<U>(item));
    }
};

template <typename T>
class GeneratorWait final : public GeneratorWaitBase
{
public:
    explicit GeneratorWait(const typename GeneratorItems<T>::Ptr &generator)
        : GeneratorWaitBase(QExplicitlySharedDataPointer<GeneratorCore>(generator.data()))
        , m_items(generator.data())
    {}

    std::optional<T> await_resume()
    {
        return hasItem() ? std::optional<T>(m_items->takeItem()) : std::nullopt;
    }

private:
    GeneratorItems<T> *const m_items; // which the base keeps
};

template <typename T>
class GeneratorPromise final : public AwaitingFrame
{
public:
    using AwaitingFrame::AwaitingFrame;

    AsyncGenerator<T> get_return_object();
    template <typename U = T>
    requires std::constructible_from<T, U> YieldWait<T> yield_value(U &&item)
    {
        return YieldWait<T>(static_cast<GeneratorItems<T> &>(*task()), std::forward<U>(item));
    }
    void return_void() noexcept {}
};

} // namespace Detail
} // namespace QFerry
