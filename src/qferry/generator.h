// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/tothread.h>
#include <qferry/worker.h>
#include <qferry/yield.h>

#include <ranges>

namespace QFerry {

/// How a stream is made: threadedIterable(gen, {.maxSize = 64}). What is left out is usual.
struct StreamOptions
{
    /// How many items the generator may be ahead of its consumer; 0 sets no bound. Without one it
    /// is QFERRY_STREAM_MAX_SIZE of the environment, or 1024. Must not be negative.
    std::optional<qsizetype> maxSize = std::nullopt;
    /// Whose token the generator borrows while it runs; null for defaultThreadLimiter(). Must live
    /// until the stream has started.
    CapacityLimiter *limiter = nullptr;
    /// What the generator is canceled with, besides its stream; null for the scope that the stream
    /// is made in. Must live until the stream has started.
    CancelScope *scope = nullptr;
    /// The generator's name, as in CallOptions.
    QString name = {};
};

namespace Detail {

template <typename P>
struct YieldParameter
{
    static constexpr bool isYield = false;
};
template <typename T>
struct YieldParameter<Yield<T> &>
{
    static constexpr bool isYield = true;
    using Item = T;
};

/// A generator function that hands its items to a Yield<T> &, its first parameter.
template <typename F>
concept TakesYield = YieldParameter<FirstParameterType<F>>::isYield;

/// What calling F with decayed arguments returns is a range; one that can be walked once is a
/// generator.
template <typename R>
concept ItemRange = !std::is_void_v<R> && std::ranges::input_range<R>;
template <typename R>
concept SinglePassRange = ItemRange<R> && !std::ranges::forward_range<R>;

template <typename F, typename... Args>
struct GeneratorTraits
{
    static constexpr bool isGenerator = false;
    using Item = int; // to be reported by a static_assert
};
template <TakesYield F, typename... Args>
struct GeneratorTraits<F, Args...>
{
    using Item = typename YieldParameter<FirstParameterType<F>>::Item;
    static constexpr bool isGenerator =
            std::invocable<std::decay_t<F>, Yield<Item> &, std::decay_t<Args>...>;
};
template <typename F, typename... Args>
requires(!TakesYield<F> && ItemRange<ReturnType<F, Args...>>) struct GeneratorTraits<F, Args...>
{
    static constexpr bool isGenerator = true;
    using Item = std::ranges::range_value_t<ReturnType<F, Args...>>;
};

/// A stream with its generator: a function that binds its arguments.
template <typename T, typename F>
class GeneratorStream final : public ChannelRing<T, StreamCore>
{
public:
    GeneratorStream(qsizetype maxSize, const CallOptions &options, F &&function)
        : ChannelRing<T, StreamCore>(maxSize), m_options(options), m_function(std::move(function))
    {}

protected:
    CallPtr startGenerator() override
    {
        auto generate = [stream = QExplicitlySharedDataPointer(this),
                         function = std::move(*m_function)]() mutable {
            const CancelRegistration stop = onCancel([&stream] { stream->close(); });
            stream->run(function);
        };
        m_function.reset();
        return toThread(m_options, std::move(generate)).core();
    }
    void dropGenerator() noexcept override { m_function.reset(); }
    void discardItems() override { this->dropItems(); }

private:
    /// In the worker.
    void run(F &function)
    {
        if constexpr (std::invocable<F &, Yield<T> &>) {
            Yield<T> yield(*this);
            function(yield);
        } else {
            for (auto &&item : function()) {
                if constexpr (std::is_constructible_v<T, decltype(item)>)
                    this->put(T(std::forward<decltype(item)>(item)), std::chrono::nanoseconds(0));
                else // of a generator whose items can only be moved
                    this->put(std::move(item), std::chrono::nanoseconds(0));
            }
        }
    }

    const CallOptions m_options;
    FunctionBox<F> m_function;
};

} // namespace Detail
} // namespace QFerry
