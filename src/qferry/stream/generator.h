// SPDX-License-Identifier: MIT
// Generators: what is one, what its items are, and the stream that it makes in a worker.
#pragma once

#include <qferry/base/methodcall.h>
#include <qferry/stream.h>
#include <qferry/tothread.h>
#include <qferry/worker.h>
#include <qferry/yield.h>

#include <iterator>
#include <ranges>

namespace QFerry::Detail {

/// A generator function that hands its items to a Yield<T> &, its first parameter.
template <typename F>
concept TakesYield = isHanded<Yield, FirstParameterType<F>>;

// What a range-for takes. Those of the standard's ranges are more than that: QCoro::Generator is
// none.
namespace RangeFor {
using std::begin;
using std::end;
template <typename R>
auto firstOf(R &range) -> decltype(begin(range));
template <typename R>
auto endOf(R &range) -> decltype(end(range));
} // namespace RangeFor
template <typename R>
using IteratorType = decltype(RangeFor::firstOf(std::declval<std::remove_reference_t<R> &>()));

template <typename R>
concept ItemRange =
        !std::is_void_v<
                R> && requires(std::remove_reference_t<R> & range, IteratorType<R> &iterator)
{
    {
        iterator != RangeFor::endOf(range)
        } -> std::convertible_to<bool>;
    ++iterator;
    *iterator;
};

/// A range whose iterators say that it can be walked once: a generator.
template <typename R>
constexpr bool isSinglePass()
{
    if constexpr (!ItemRange<R>)
        return false;
    else if constexpr (std::ranges::input_range<R>)
        return !std::ranges::forward_range<R>;
    else if constexpr (requires { typename IteratorType<R>::iterator_category; })
        return !std::is_base_of_v<std::forward_iterator_tag,
                                  typename IteratorType<R>::iterator_category>;
    else
        return false;
}

template <typename R>
struct RangeItem
{
    using Type = std::remove_cvref_t<decltype(*std::declval<IteratorType<R> &>())>;
};
template <std::ranges::input_range R>
struct RangeItem<R>
{
    using Type = std::ranges::range_value_t<R>;
};

template <typename F, typename... Args>
struct GeneratorTraits
{
    static constexpr bool isGenerator = false;
    using Item = int; // to be reported by a static_assert
};
template <TakesYield F, typename... Args>
struct GeneratorTraits<F, Args...>
{
    using Item = HandedValueType<F>;
    static constexpr bool isGenerator =
            std::invocable<std::decay_t<F>, Yield<Item> &, std::decay_t<Args>...>;
};
template <typename F, typename... Args>
requires(!TakesYield<F> && ItemRange<ReturnType<F, Args...>>) struct GeneratorTraits<F, Args...>
{
    static constexpr bool isGenerator = true;
    using Item = typename RangeItem<ReturnType<F, Args...>>::Type;
};

/// What a function returns that may be a generator: a range or, with a Yield, nothing of interest.
template <typename F, typename... Args>
struct GeneratorReturn
{
    using Type = ReturnType<F, Args...>;
};
template <TakesYield F, typename... Args>
requires std::invocable<std::decay_t<F>, FirstParameterType<F>, std::decay_t<Args>...>
struct GeneratorReturn<F, Args...>
{
    using Type =
            std::invoke_result_t<std::decay_t<F>, FirstParameterType<F>, std::decay_t<Args>...>;
};

/// A stream with its generator: a function that binds its arguments.
template <typename T, typename F>
class GeneratorStream final : public StreamRing<T>
{
public:
    GeneratorStream(qsizetype maxSize, const CallOptions &options, bool isEmpty, F &&function)
        : StreamRing<T>(maxSize)
        , m_options(options)
        , m_isEmpty(isEmpty)
        , m_function(std::move(function))
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
        if (m_isEmpty)
            throwNothingToCall();
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
    const bool m_isEmpty; // there is nothing to call
    FunctionBox<F> m_function;
};

/// A stream of what the generator makes when it is called, once.
template <typename F, typename... Args>
auto makeStream(qsizetype maxSize, const CallOptions &options, F &&generator, Args &&...args)
{
    using Item = typename GeneratorTraits<F, Args...>::Item;
    const bool isEmpty = isNullCallable(generator);
    auto bound = bindCall(std::forward<F>(generator), std::forward<Args>(args)...);
    return Stream<Item>(typename StreamRing<Item>::Ptr(new GeneratorStream<Item, decltype(bound)>(
            maxSize, options, isEmpty, std::move(bound))));
}

} // namespace QFerry::Detail
