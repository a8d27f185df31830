// SPDX-License-Identifier: MIT
#pragma once

#include "loops.h"

#include <qferry/qferry.h>

#include <algorithm>
#include <atomic>
#include <thread>

/// The ways of bringing items from producers' threads into a consumer's, QFerry's and its peers'.
/// All have the same shape: nanosecondsPerItem<T>(producers, count).
namespace Bench {

constexpr int itemCapacity = 1024;

template <typename T>
T makeItem(int number);
template <>
inline int makeItem<int>(int number)
{
    return number;
}
template <>
inline QString makeItem<QString>(int number)
{
    return QString::number(number); // allocated by the producer, freed by the consumer
}

/// Threads that share `count` items among them.
class Producers
{
public:
    template <typename Put>
    Producers(int threads, int count, Put put)
    {
        for (int i = 0; i < threads; ++i) {
            m_threads.emplace_back([=, this] {
                while (!m_go.load(std::memory_order_acquire))
                    std::this_thread::yield();
                for (int n = i; n < count; n += threads)
                    put(n);
            });
        }
    }
    ~Producers()
    {
        for (std::thread &thread : m_threads)
            thread.join();
    }
    void go() { m_go.store(true, std::memory_order_release); }

private:
    std::atomic<bool> m_go{ false };
    std::vector<std::thread> m_threads;
};

/// Notes when the last item has come.
class Arrival
{
public:
    explicit Arrival(int count) : m_left(count) {}
    /// True at the end.
    bool count(qsizetype items)
    {
        m_left -= items;
        return m_left <= 0;
    }

private:
    qsizetype m_left;
};

/// The time per item of a channel whose items make() makes in the producers' threads and look()
/// sees in this one.
template <typename T, typename Make, typename Look>
double channelCost(int capacity, int producerCount, int count, Make make, Look look)
{
    QFerry::FromThreadChannel<T> channel(capacity);
    Loop loop;
    Arrival arrival(count);
    std::vector<T> items;
    QObject::connect(&channel, &QFerry::FromThreadChannelBase::readyRead, &channel, [&] {
        channel.takeAvailableInto(items);
        std::for_each(items.cbegin(), items.cend(), look);
        if (arrival.count(qsizetype(items.size())))
            loop.quit();
    });
    Producers producers(producerCount, count, [&](int n) { channel.put(make(n)); });
    const auto start = Clock::now();
    producers.go();
    loop.run();
    return nanoseconds(Clock::now() - start) / count;
}

struct ChannelWay
{
    QString name = u"FromThreadChannel"_s;

    template <typename T>
    double nanosecondsPerItem(int producerCount, int count) const
    {
        const auto make = [](int n) { return makeItem<T>(n); };
        return channelCost<T>(itemCapacity, producerCount, count, make, [](const T &) {});
    }
};

template <typename T>
auto itemGenerator()
{
    return QFerry::threadedIterable(
            [](QFerry::Yield<T> &yield, int end) {
                for (int n = 0; n < end; ++n)
                    yield(makeItem<T>(n));
            },
            { .maxSize = itemCapacity });
}

/// One producer: the generator.
struct StreamWay
{
    QString name;
    bool inBatches;

    template <typename T>
    double nanosecondsPerItem(int, int count) const
    {
        const auto generator = itemGenerator<T>();
        Loop loop;
        QObject context;
        const auto start = Clock::now();
        const auto call = inBatches ? generator(count).forEachBatch(&context, [](std::span<T>) {})
                                    : generator(count).forEach(&context, [](const T &) {});
        call.then(&context, [&] { loop.quit(); });
        loop.run();
        return nanoseconds(Clock::now() - start) / count;
    }
};

} // namespace Bench
