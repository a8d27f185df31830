// SPDX-License-Identifier: MIT
#pragma once

#include "itemways.h"

#include <QtCore/qobject.h>

#if __has_include(<readerwriterqueue/readerwriterqueue.h>) && __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#    include <concurrentqueue/blockingconcurrentqueue.h>
#    include <readerwriterqueue/readerwriterqueue.h>
#    define BENCH_HAS_MOODYCAMEL
#endif

namespace Bench {

/// Emits a signal per item, from any thread.
class ItemSource : public QObject
{
    Q_OBJECT
signals:
    void number(int item);
    void text(const QString &item);
};

struct QueuedSignalWay
{
    QString name = u"queued signal per item"_s;

    template <typename T>
    double nanosecondsPerItem(int producerCount, int count) const
    {
        ItemSource source;
        Loop loop;
        QObject context;
        Arrival arrival(count);
        const auto receive = [&](const T &) {
            if (arrival.count(1))
                loop.quit();
        };
        constexpr auto signal = [] {
            if constexpr (std::is_same_v<T, int>)
                return &ItemSource::number;
            else
                return &ItemSource::text;
        }();
        QObject::connect(&source, signal, &context, receive, Qt::QueuedConnection);
        Producers producers(producerCount, count,
                            [&](int n) { emit(source.*signal)(makeItem<T>(n)); });
        const auto start = Clock::now();
        producers.go();
        loop.run();
        return nanoseconds(Clock::now() - start) / count;
    }
};

#ifdef BENCH_HAS_MOODYCAMEL
/// The consumer is this thread, which runs no event loop. The producers yield while the queue is
/// full.
struct MoodycamelWay
{
    QString name = u"moodycamel, thread to thread"_s;

    template <typename T>
    double nanosecondsPerItem(int producerCount, int count) const
    {
        if (producerCount == 1) {
            moodycamel::BlockingReaderWriterQueue<T> queue(itemCapacity);
            const auto take = [&](std::vector<T> &items) -> size_t {
                queue.wait_dequeue(items.front());
                return 1;
            };
            return measure<T>(queue, take, producerCount, count);
        }
        moodycamel::BlockingConcurrentQueue<T> queue(itemCapacity);
        const auto take = [&](std::vector<T> &items) {
            return queue.wait_dequeue_bulk(items.data(), items.size());
        };
        return measure<T>(queue, take, producerCount, count);
    }

private:
    template <typename T, typename Queue, typename Take>
    static double measure(Queue &queue, Take take, int producerCount, int count)
    {
        Arrival arrival(count);
        std::vector<T> items(256);
        Producers producers(producerCount, count, [&](int n) {
            T item = makeItem<T>(n);
            while (!queue.try_enqueue(std::move(item)))
                std::this_thread::yield();
        });
        const auto start = Clock::now();
        producers.go();
        while (!arrival.count(qsizetype(take(items)))) {
        }
        return nanoseconds(Clock::now() - start) / count;
    }
};
#endif

} // namespace Bench
