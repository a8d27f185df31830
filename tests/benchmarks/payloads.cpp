// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "itemways.h"
#include "loops.h"
#include "peers.h"

#include <algorithm>

namespace Bench {

namespace {

using Payload = std::vector<char>; // a copy of it costs what it should

// What is made in the other thread, and looked at in this one.

Payload makePayload(int bytes)
{
    return Payload(size_t(bytes), 'x');
}

const auto look = [](const Payload &payload) {
    if (payload.back() != 'x')
        qFatal("A payload is not what it was");
};

// The ways of a result into this thread: way(context, make, delivered). As the others in peers.h,
// but with a result.

const auto byThen = [](QObject *context, auto make, auto delivered) {
    QFerry::toThread(make).then(context, delivered);
};
const auto byWatcher = [](QObject *context, auto make, auto delivered) {
    auto *watcher = new QFutureWatcher<Payload>;
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, delivered] {
        watcher->deleteLater();
        delivered(watcher->future().takeResult());
    });
    watcher->setFuture(QtConcurrent::run(defaultPool(), make));
};
const auto byInvoke = [](QObject *context, auto make, auto delivered) {
    defaultPool()->start([=] {
        QMetaObject::invokeMethod(
                context, [delivered, payload = make()] { delivered(payload); },
                Qt::QueuedConnection);
    });
};

/// How many of a size are measured: 100 MB of them at most.
int countOf(int bytes)
{
    return std::clamp(100'000'000 / bytes, amount(100), amount(20'000));
}

/// Fits Flow, which makes calls of empty functions.
template <typename Way>
struct WithPayload
{
    Way way;
    int bytes;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work, Delivered delivered) const
    {
        way(
                context, [bytes = bytes] { return makePayload(bytes); },
                [delivered](const Payload &payload) {
                    look(payload);
                    delivered();
                });
    }
};

template <typename Way>
Series results(const QString &name, Way way)
{
    return { name, [=](int bytes) {
                return Samples{ callCost(WithPayload<Way>{ way, bytes }, 16, countOf(bytes)) };
            } };
}

/// One thread that makes payloads, and this one.
struct ChannelItems
{
    static constexpr int capacity = 16;

    double operator()(int bytes, int count) const
    {
        const auto make = [bytes](int) { return makePayload(bytes); };
        return channelCost<Payload>(capacity, 1, count, make, look);
    }
};

/// Nothing holds the producer back.
struct InvokedItems
{
    double operator()(int bytes, int count) const
    {
        QObject context;
        Loop loop;
        Arrival arrival(count);
        const auto receive = [&](const Payload &item) {
            look(item);
            if (arrival.count(1))
                loop.quit();
        };
        Producers producers(1, count, [&](int) {
            QMetaObject::invokeMethod(
                    &context, [&receive, item = makePayload(bytes)] { receive(item); },
                    Qt::QueuedConnection);
        });
        const auto start = Clock::now();
        producers.go();
        loop.run();
        return nanoseconds(Clock::now() - start) / count;
    }
};

template <typename Items>
Series items(const QString &name, Items items)
{
    return { name, [=](int bytes) { return Samples{ items(bytes, countOf(bytes)) }; } };
}

} // namespace

void payloads(Report &report)
{
    const std::vector<int> sizes = {
        int(sizeof(int)), 64, 1'024, 16'384, 65'536, 262'144, 1'048'576
    };
    (void)report.curve(u"results of calls, 16 in flight"_s, u"ns per call"_s, u"bytes"_s, sizes,
                       { results(u"QFerry toThread().then(ctx)"_s, byThen),
                         results(u"QtConcurrent::run, default pool, QFutureWatcher"_s, byWatcher),
                         results(u"QThreadPool::start, queued invokeMethod"_s, byInvoke) });
    (void)report.curve(u"items of one producer"_s, u"ns per item"_s, u"bytes"_s, sizes,
                       { items(u"FromThreadChannel, capacity 16"_s, ChannelItems()),
                         items(u"queued invokeMethod per item"_s, InvokedItems()) });
}

} // namespace Bench
