// SPDX-License-Identifier: MIT
// A stream whose items a coroutine makes: in the thread that first asks for one.
#pragma once

#include <qferry/asyncgenerator.h>
#include <qferry/channel/channelput.h>
#include <qferry/stream/streamring.h>
#include <qferry/task.h>
#include <qferry/task/shield.h>

namespace QFerry::Detail {

/// Its generator is a task, which asks for an item when there is room for it.
template <typename T>
class CoroutineStream final : public StreamRing<T>
{
public:
    explicit CoroutineStream(AsyncGenerator<T> items)
        : StreamRing<T>(mostAhead), m_items(std::move(items))
    {}

protected:
    CallPtr startGenerator() override
    {
        return pump(QExplicitlySharedDataPointer(this), std::move(m_items)).startSoon().core();
    }
    void dropGenerator() noexcept override { m_items = {}; }
    void discardItems() override { this->dropItems(); }

private:
    static constexpr qsizetype mostAhead = 1;

    static Task<> pump(QExplicitlySharedDataPointer<CoroutineStream> stream,
                       AsyncGenerator<T> items)
    {
        std::exception_ptr error;
        try {
            co_await putAll(*stream, items);
        } catch (...) {
            error = std::current_exception();
        }
        const Shield shield;
        co_await items.close();
        if (error)
            std::rethrow_exception(error);
    }
    static Task<> putAll(CoroutineStream &stream, AsyncGenerator<T> &items)
    {
        for (;;) {
            if (stream.StreamCore::isFull())
                co_await roomIn(stream);
            auto item = co_await items.next();
            if (!item)
                co_return;
            stream.put(std::move(*item), std::chrono::nanoseconds(0)); // nobody else does
        }
    }
    static PendingCall<void> roomIn(CoroutineStream &stream)
    {
        const QExplicitlySharedDataPointer<RoomCall> call(new RoomCall(&stream));
        call->begin();
        return PendingCall<void>(CallPtr(call.data()));
    }

    AsyncGenerator<T> m_items;
};

} // namespace QFerry::Detail
