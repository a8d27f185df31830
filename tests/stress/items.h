// SPDX-License-Identifier: MIT
#pragma once

#include "loopthread.h"
#include "work.h"

#include <QtCore/qpointer.h>

#include <map>

namespace Stress {

using Testing::LoopThread;

/// What travels: who made it, and when. Counted, so that none is left over.
struct Item
{
    int producer;
    int number;
    Counted counted;
};

/// Checks that what comes from one producer comes in order and, if asked for, without gaps.
class Sequence
{
public:
    void check(const Item &item)
    {
        const auto [last, isFirst] = m_last.try_emplace(item.producer, -1);
        if (item.number != last->second + 1)
            Ledger::instance().fault("an item was lost, doubled or overtaken");
        last->second = item.number;
        ++m_count;
    }
    qint64 count() const { return m_count; }

private:
    std::map<int, int> m_last;
    qint64 m_count = 0;
};

/// Puts until something ends that. All that may is known.
inline void putItems(const ChannelProducer<Item> &producer, int number, Random &random)
{
    try {
        const int count = random.below(3000);
        for (int i = 0; i < count; ++i) {
            if (random.oneIn(50))
                block(random, 0);
            producer.put({ number, i, Counted() });
        }
    } catch (const ChannelClosedError &) {
    } catch (const ChannelTimeoutError &) {
    } catch (const LoopFinishedError &) {
    } // a CanceledError leaves the call's function
}

/// Takes items in one of the ways there are. In the thread of the channel.
class Taker : public QObject
{
public:
    Taker(FromThreadChannel<Item> *channel, quint64 seed) : m_channel(channel), m_random(seed)
    {
        if (m_random.oneIn(4))
            get();
        else
            connect(channel, &FromThreadChannelBase::readyRead, this, [this] { take(); });
    }

private:
    void take()
    {
        if (m_random.oneIn(20)) {
            const QPointer<Taker> self(this);
            QCoreApplication::processEvents();
            if (!self)
                return;
        }
        if (m_random.oneIn(2)) {
            if (const auto item = m_channel->tryGet())
                m_sequence.check(*item);
        } else {
            for (const Item &item : m_channel->takeAvailable(m_random.between(1, 500)))
                m_sequence.check(item);
        }
    }
    void get()
    {
        const auto call = m_channel->get(m_random.oneIn(3) ? m_random.upTo(500us) : 0us);
        if (m_random.oneIn(5)) {
            call.cancel();
            if (call.isCanceled()) {
                get();
                return;
            }
        }
        call.then(this, [this](const Item &item) {
                m_sequence.check(item);
                get();
            }).onFailed(this, [this](const ChannelTimeoutError &) {
                  get();
              }).onFailed(this, [](const ChannelClosedError &) {});
    }

    FromThreadChannel<Item> *m_channel;
    Random m_random;
    Sequence m_sequence;
};

inline void fillAChannel(Random &random)
{
    constexpr int sizes[] = { 0, 1, 2, 3, 64, 1000 };
    LoopThread thread;
    std::unique_ptr<FromThreadChannel<Item>> channel;
    std::unique_ptr<Taker> taker;
    const auto timeout = random.oneIn(4) ? random.upTo(2000us) : 0us;
    const quint64 seed = random.next();
    const int size = random.oneOf(sizes);
    thread.call([&] {
        channel = std::make_unique<FromThreadChannel<Item>>(size, timeout);
        taker = std::make_unique<Taker>(channel.get(), seed);
    });
    const ChannelProducer<Item> producer = channel->producer();
    std::vector<PendingCall<void>> calls;
    std::vector<std::jthread> threads;
    for (int i = random.between(1, 4); i > 0; --i) {
        const auto put = [producer, i, inner = Random(random.next())]() mutable {
            putItems(producer, i, inner);
        };
        if (random.oneIn(2))
            calls.push_back(toThread(put));
        else
            threads.emplace_back(put);
    }
    block(random, 0);
    for (const auto &call : calls) {
        if (random.oneIn(4))
            call.cancel();
    }
    const int ending = random.below(4);
    if (ending == 0)
        channel->close();
    else if (ending == 1)
        thread.finish();
    if (ending > 1 && random.oneIn(2)) {
        threads.clear(); // to its end; the loop takes all
        block(random, 0);
    }
    const auto destroy = [&] {
        taker.reset();
        channel.reset();
    };
    if (ending == 1)
        destroy();
    else
        thread.call(destroy);
}

/// The ends that a consumer may come to.
inline bool handleItem(Random &random, Sequence &sequence, const Item &item)
{
    sequence.check(item);
    if (random.oneIn(3000))
        throw std::runtime_error("expected");
    return !random.oneIn(3000);
}

inline void runAStream(Random &random)
{
    constexpr int sizes[] = { 0, 1, 2, 3, 64, 1000 };
    const auto generator = threadedIterable(
            [](Yield<Item> &yield, quint64 seed) {
                Random inner(seed);
                const int count = inner.below(5000);
                for (int i = 0; i < count; ++i) {
                    if (inner.oneIn(2000))
                        throw std::runtime_error("expected");
                    if (inner.oneIn(100))
                        callTheLoop(inner, 0);
                    yield({ 0, i, Counted() });
                }
            },
            { .maxSize = random.oneOf(sizes) });
    LoopThread thread;
    Stream<Item> stream;
    PendingCall<void> call;
    auto context = std::make_unique<QObject>();
    context->moveToThread(&thread);
    Random inner(random.next());
    Sequence sequence;
    thread.call([&] {
        stream = generator(inner.next());
        if (inner.oneIn(3))
            call = stream.forEachBatch(context.get(), [&](std::span<Item> items) {
                for (const Item &item : items) {
                    if (!handleItem(inner, sequence, item))
                        return false;
                }
                return true;
            });
        else
            call = stream.forEach(context.get(), [&](const Item &item) {
                return handleItem(inner, sequence, item);
            });
    });
    block(random, 0);
    switch (random.below(6)) {
    case 0:
        call.cancel();
        break;
    case 1:
        thread.call([&] { context.reset(); });
        break;
    case 2:
        thread.call([&] { stream = {}; });
        break;
    case 3:
        thread.call([&] { stream.close(); });
        break;
    case 4:
        thread.finish();
        break;
    default:
        break; // to its end
    }
    try {
        waitInThread(call);
    } catch (const InvalidUseError &error) {
        Ledger::instance().fault(error.what());
    } catch (...) {
        Ledger::instance().beat();
    }
    if (context && thread.isRunning())
        thread.call([&] { context.reset(); });
    if (!random.oneIn(3))
        return;
    try {
        waitInThread(stream.close());
    } catch (const CanceledError &) {
        Ledger::instance().fault("the end of a stream was canceled");
    }
}

} // namespace Stress
