// SPDX-License-Identifier: MIT
// What amap() and AMap are made of: a task that reads items, and starts a task for each. The thread
// that calls them.
#pragma once

#include <qferry/semaphore.h>
#include <qferry/task/callqueue.h>
#include <qferry/task/gathercall.h>
#include <qferry/taskgroup.h>
#include <qferry/tothread.h>

#include <optional>
#include <ranges>
#include <vector>

namespace QFerry::Detail {

// --- Items

/// What gives one item after the other: a Stream, an AsyncGenerator.
template <typename S>
concept MapSource = requires(std::remove_cvref_t<S> &source)
{
    requires Asynchronous<decltype(source.next())>;
    *std::declval<SettledType<decltype(source.next())> &>();
};

template <typename S>
concept MapRange = !MapSource<S> && std::ranges::input_range<S>;

/// Reads a range that is its own: moves the items out of one that nobody else has.
template <typename Range, bool isShared>
class RangeReader
{
public:
    using Item = std::ranges::range_value_t<Range>;

    explicit RangeReader(Range &range)
        : m_next(std::ranges::begin(range)), m_end(std::ranges::end(range))
    {}

    std::optional<Item> next()
    {
        if (m_next == m_end)
            return std::nullopt;
        std::optional<Item> item;
        if constexpr (isShared)
            item.emplace(*m_next);
        else
            item.emplace(std::ranges::iter_move(m_next));
        ++m_next;
        return item;
    }

private:
    std::ranges::iterator_t<Range> m_next;
    std::ranges::sentinel_t<Range> m_end;
};

/// How amap() keeps what it was given, and reads it. A source that is an lvalue stays where it is.
template <typename S>
struct Items
{
    using Kept = S;
    using Reader = std::remove_reference_t<S> &;
    using Item = std::remove_cvref_t<
            decltype(*std::declval<SettledType<decltype(std::declval<Reader>().next())> &>())>;
};
template <MapRange S>
struct Items<S>
{
    static constexpr bool isShared = std::is_lvalue_reference_v<S>;
    using Kept = std::remove_cvref_t<S>;
    using Range = std::conditional_t<isShared, const Kept, Kept>;
    using Reader = RangeReader<Range, isShared>;
    using Item = typename Reader::Item;
};

template <typename S>
concept MapItems = MapSource<S> || MapRange<S>;
template <typename S>
using ItemOf = typename Items<S>::Item;

/// What a function makes of one, in the end.
template <typename S, typename F>
using MappedValue = SettledType<std::invoke_result_t<std::decay_t<F> &, ItemOf<S>>>;

template <typename F, typename S>
concept MapFunction = MapItems<S> &&(std::invocable<std::decay_t<F> &, ItemOf<S>>);

/// How many permits stand for it. Throws InvalidUseError if it is negative.
QFERRY_EXPORT int checkedMapLimit(int limit);

/// Starts what start() makes of each item: so many at a time as there is room for.
template <typename Reader, typename Start>
Task<> startForEach(int limit, Reader &reader, Start &start)
{
    Semaphore room(limit);
    for (;;) {
        Semaphore::Permit permit = co_await room.acquire();
        if constexpr (Asynchronous<decltype(reader.next())>) {
            auto item = co_await reader.next();
            if (!item)
                co_return;
            start(std::move(*item), std::move(permit));
        } else {
            auto item = reader.next();
            if (!item)
                co_return;
            start(std::move(*item), std::move(permit));
        }
    }
}

/// Calls the function, and waits for what comes of it; one that blocks runs in a worker. If it is
/// canceled, there is a result less: the whole is canceled, too.
template <typename R, typename F, typename Item>
Task<R> applyTo(TaskGroup group, F &fn, Item &item)
{
    try {
        if constexpr (Asynchronous<std::invoke_result_t<F &, Item>>)
            co_return co_await std::invoke(fn, std::move(item));
        else
            co_return co_await toThread(fn, std::move(item));
    } catch (const CanceledError &error) {
        group.cancel(error.reason());
        throw;
    }
}

/// Has the whole end canceled, if its group was: by an item.
inline void throwIfCanceled(const TaskGroup &group)
{
    if (group.isCanceled())
        throw CanceledError(QStringLiteral("the function was canceled for an item"));
}

// --- All results at once

/// Results, in the order of the items or in which they come.
template <typename R>
class MapResults
{
public:
    explicit MapResults(bool isOrdered) : m_isOrdered(isOrdered) {}

    /// Makes room for a further one.
    std::size_t expect()
    {
        if (m_isOrdered)
            m_values.emplace_back();
        return m_values.size() - 1;
    }
    void put(std::size_t place, R &&value)
    {
        if (m_isOrdered)
            m_values[place].emplace(std::move(value));
        else
            m_values.emplace_back(std::move(value));
    }
    ResultList<R> take()
    {
        ResultList<R> list;
        list.reserve(static_cast<typename ResultList<R>::size_type>(m_values.size()));
        for (std::optional<R> &value : m_values)
            list.push_back(std::move(*value));
        return list;
    }

private:
    const bool m_isOrdered;
    std::vector<std::optional<R>> m_values;
};
template <>
class MapResults<void>
{
public:
    explicit MapResults(bool) {}
    std::size_t expect() { return 0; }
    void take() {}
};

template <typename R, typename F, typename Item>
Task<> applyInto(TaskGroup group, MapResults<R> &results, std::size_t place, F &fn, Item item,
                 Semaphore::Permit)
{
    if constexpr (std::is_void_v<R>)
        co_await applyTo<R>(group, fn, item);
    else
        results.put(place, co_await applyTo<R>(group, fn, item));
}

template <typename S, typename R, typename F>
Task<decltype(std::declval<MapResults<R> &>().take())> mapAll(int limit, bool isOrdered,
                                                              typename Items<S>::Kept items, F fn)
{
    MapResults<R> results(isOrdered);
    std::optional<TaskGroup> whole;
    const auto body = [&](TaskGroup &group) -> Task<> {
        typename Items<S>::Reader reader(items);
        auto start = [&](auto item, Semaphore::Permit permit) {
            group.startSoon(applyInto<R, F, ItemOf<S>>(group, results, results.expect(), fn,
                                                       std::move(item), std::move(permit)));
        };
        whole.emplace(group);
        co_await startForEach(checkedMapLimit(limit), reader, start);
    };
    co_await taskGroup(body);
    throwIfCanceled(*whole);
    co_return results.take();
}

// --- One result after the other

/// A result, and the room that it takes until somebody has it.
template <typename R>
struct MappedResult
{
    Gathered<R> value;
    Semaphore::Permit permit;
};
template <typename R>
Gathered<R> takeMapped(MappedResult<R> &&result)
{
    result.permit.release();
    return std::move(result.value);
}

template <typename R, typename F, typename Item>
Task<MappedResult<R>> applyOnce(TaskGroup group, F &fn, Item item, Semaphore::Permit permit)
{
    if constexpr (std::is_void_v<R>) {
        co_await applyTo<R>(group, fn, item);
        co_return MappedResult<R>({}, std::move(permit));
    } else {
        R value = co_await applyTo<R>(group, fn, item);
        co_return MappedResult<R>(std::move(value), std::move(permit));
    }
}

template <typename S, typename R, typename F>
Task<> mapInto(CallQueue::Ptr queue, int limit, typename Items<S>::Kept items, F fn)
{
    std::optional<TaskGroup> whole;
    const auto body = [&](TaskGroup &group) -> Task<> {
        typename Items<S>::Reader reader(items);
        auto start = [&](auto item, Semaphore::Permit permit) {
            queue->add(group.startSoon(applyOnce<R, F, ItemOf<S>>(group, fn, std::move(item),
                                                                  std::move(permit)))
                               .core());
        };
        whole.emplace(group);
        co_await startForEach(checkedMapLimit(limit), reader, start);
    };
    co_await taskGroup(body);
    throwIfCanceled(*whole);
}

} // namespace QFerry::Detail
