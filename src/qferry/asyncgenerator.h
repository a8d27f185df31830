// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/generatoritems.h>

namespace QFerry {

/**
 * The return type of a coroutine that makes items:
 *
 *     QFerry::AsyncGenerator<QString> lines(QString path)
 *     {
 *         …
 *             co_yield line;
 *     }
 *
 *     auto items = lines(path);
 *     while (auto item = co_await items.next())
 *         use(*item);
 *
 * In a Task, co_await items is the same as co_await items.next(), without a call: a third cheaper.
 *
 * It may co_await all that a Task may. Calling it runs nothing: it begins with the first next(), in
 * that thread, which has an event loop, and stays there. It runs until it has made the item that
 * was asked for, and then waits in its co_yield.
 *
 * It is a task of its own, whoever asks: its context variables and its scope are those that it was
 * made in, what it sets stays in it, and it may yield inside of a scope. A member function of a
 * QObject, or a function whose first parameter is a reference to one, ends with that object.
 *
 * When this is destroyed, the coroutine is canceled: co_yield throws CanceledError, as does what it
 * awaits. Nobody waits for its end; close() does.
 */
template <typename T>
class [[nodiscard]] AsyncGenerator
{
    static_assert(
            std::is_object_v<
                    T> && !std::is_array_v<T> && !std::is_const_v<T> && std::is_nothrow_move_constructible_v<T>,
            "QFerry: the items of an AsyncGenerator must be objects whose move throws "
            "nothing. Hold others in a std::unique_ptr");
    using Items = Detail::GeneratorItems<T>;

public:
    using promise_type = Detail::GeneratorPromise<T>;
    using ItemType = T;

    /// One without items.
    AsyncGenerator() = default;
    AsyncGenerator(AsyncGenerator &&other) noexcept = default;
    AsyncGenerator &operator=(AsyncGenerator &&other) noexcept
    {
        AsyncGenerator old(std::move(*this));
        d = std::move(other.d);
        return *this;
    }
    ~AsyncGenerator()
    {
        if (d)
            d->abandon(QStringLiteral("its generator was destroyed"));
    }

    bool isValid() const { return bool(d); }

    /// The next item; an empty optional at the end. Fails once with the coroutine's error, after
    /// all items that came before it; then it is the end. Canceled, once, if the coroutine was.
    /// Fails with InvalidUseError in another thread than the first time, and while another next()
    /// waits, and with NoEventLoopError. Canceling it loses no item, nor that error: the coroutine
    /// goes on, and the next one gets what it makes. Nor does dropping it, or what was attached to
    /// it, before somebody has seen them.
    [[nodiscard]] PendingCall<std::optional<T>> next()
    {
        using Item = std::optional<T>;
        if (!d)
            return noItem();
        const Detail::ChannelTake::Ptr take(new Detail::TakeCall<Item, Items>(d.data()));
        d->next(take);
        return PendingCall<Item>(Detail::CallPtr(take.data()));
    }

    /// Cancels the coroutine: what it has made and nobody has taken is dropped. The returned call
    /// finishes once it has ended. Any number of times.
    PendingCall<void> close()
    {
        if (!d)
            return PendingCall<void>(Detail::endOf({}));
        d->abandon(QStringLiteral("its generator was closed"));
        return PendingCall<void>(d->ending());
    }

    /// \name A loop over it: the compiler says how it is done
    /// @{
    template <typename U = T>
    U *begin()
    {
        static_assert(Detail::never<U>,
                      "QFerry: an AsyncGenerator's items come later: while (auto item = co_await "
                      "items.next())");
        return nullptr;
    }
    template <typename U = T>
    U *end()
    {
        return nullptr;
    }
    /// @}

    // internal
    Detail::GeneratorWait<T> awaitedIn(Detail::TaskFrame &) { return Detail::GeneratorWait<T>(d); }

private:
    friend promise_type;
    explicit AsyncGenerator(promise_type &coroutine)
    {
        coroutine.handle = std::coroutine_handle<promise_type>::from_promise(coroutine);
        d.reset(new Items(coroutine));
    }

    static PendingCall<std::optional<T>> noItem()
    {
        auto *call = new Detail::SettableCall<std::optional<T>>;
        PendingCall<std::optional<T>> end{ Detail::CallPtr(call) };
        call->settle([] { return std::optional<T>(); });
        return end;
    }

    typename Items::Ptr d;
};

template <typename T>
AsyncGenerator<T> Detail::GeneratorPromise<T>::get_return_object()
{
    return AsyncGenerator<T>(*this);
}

} // namespace QFerry
