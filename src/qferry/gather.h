// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/gathercall.h>

namespace QFerry {

/// Which of several was first, and its result.
template <typename T>
struct WhenAnyResult
{
    qsizetype index = -1;
    T value;
};

template <>
struct WhenAnyResult<void>
{
    qsizetype index = -1;
};

/// \name Several calls as one
/// What is gathered are PendingCalls, QFutures and awaitables. In any thread; for QFutures and
/// awaitables it needs an event loop (NoEventLoopError). Nothing ends before all of them have:
/// what they refer to may be local to who waits. Canceling the returned call cancels them all.
/// @{

/// Ends with all results: a std::tuple, in the order of the arguments, in which a std::monostate
/// stands for void. The first that fails, or is canceled, has the others canceled, and the whole
/// ends as it did; further errors are logged unless somebody else hears of them.
template <Detail::Asynchronous... A>
requires(sizeof...(A) > 0) auto whenAll(A &&...asynchronous)
{
    return Detail::gather<Detail::TupleCall<Detail::SettledType<A>...>>(
            { Detail::callOf(std::forward<A>(asynchronous))... });
}

/// The same for a range, with a QList of the results (a std::vector, if they cannot be copied; void
/// for void). An empty one has ended.
template <Detail::AsynchronousRange R>
auto whenAll(R &&range)
{
    using T = Detail::SettledType<std::ranges::range_value_t<R>>;
    return Detail::gather<Detail::ListCall<T>>(Detail::callsOf(std::forward<R>(range)));
}

/// Ends as the first of them: with a std::variant, whose index tells which that was, or its error,
/// or canceled. The others are canceled; what comes of them all the same is dropped, an error
/// logged unless somebody else hears of it.
template <Detail::Asynchronous... A>
requires(sizeof...(A) > 0) auto whenAny(A &&...asynchronous)
{
    return Detail::gather<Detail::VariantCall<Detail::SettledType<A>...>>(
            { Detail::callOf(std::forward<A>(asynchronous))... });
}

/// The same for a range, with a WhenAnyResult. Throws InvalidUseError if the range is empty.
template <Detail::AsynchronousRange R>
auto whenAny(R &&range)
{
    using T = Detail::SettledType<std::ranges::range_value_t<R>>;
    std::vector<Detail::CallPtr> calls = Detail::callsOf(std::forward<R>(range));
    if (calls.empty())
        Detail::throwNothingToWaitFor();
    return Detail::gather<Detail::IndexCall<T>>(std::move(calls));
}

/// @}

} // namespace QFerry
