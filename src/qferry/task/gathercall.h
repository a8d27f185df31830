// SPDX-License-Identifier: MIT
// whenAll() and whenAny(): what is made of their calls' results, in the thread that ends the last
// one, or, if results were taken from somewhere, in the one that looks at them.
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/call/awaitable.h>
#include <qferry/call/functionhandler.h>
#include <qferry/call/result.h>
#include <qferry/pendingcall.h>
#include <qferry/task/callgroupcore.h>

#include <QtCore/qlist.h>

#include <concepts>
#include <iterator>
#include <mutex>
#include <ranges>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace QFerry {
template <typename T>
struct WhenAnyResult;
}

namespace QFerry::Detail {

/// What stands for a result that may be void.
template <typename T>
using Gathered = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <typename T>
Gathered<T> takeGathered(CallCore &call)
{
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return resultOf<T>(call);
}

/**
 * Waits for a number of calls that is known from the beginning; what is made of their results, the
 * derived class says.
 *
 * What some of them have been lent goes back if nobody looks at it: then that result is made when
 * somebody does, and belongs to this from then on.
 */
class QFERRY_EXPORT GatherCore : public CallGroupCore
{
public:
    explicit GatherCore(std::vector<CallPtr> calls);
    ~GatherCore() override;

    CallCore *lender() final { return m_isLent ? this : m_lender.data(); }
    void outcomeSeen(bool isSeen) final;

    /// To be called once: waits for the calls, also if there is no memory for some of them.
    void begin();

protected:
    /// Makes the result, of calls that have all ended. May throw.
    virtual void makeResult(const CallPtr &decider) = 0;
    /// Before somebody looks at the result.
    void seeToResult();

    const std::vector<CallPtr> &calls() const { return m_calls; }
    std::size_t indexOf(const CallPtr &call) const;
    void keepLender(const CallPtr &lender) final { m_lender = lender; }

private:
    void membersEnded(const CallPtr &decider) final;
    bool hasLender();
    void finishWithResult();

    std::vector<CallPtr> m_calls;
    std::size_t m_joined = 0; // of those; the group is open until they have
    CallPtr m_decider;        // once they have ended, if there is a result to be made
    bool m_isLent = false;    // what that is to be made of
    std::once_flag m_isMade;  // of that
    CallPtr m_lender;         // of the error, if it is lent
};

template <typename R>
class GatherCall : public GatherCore
{
public:
    using GatherCore::GatherCore;

    void *result() final
    {
        seeToResult();
        return m_result.address();
    }

protected:
    virtual R gather(const CallPtr &decider) = 0;

private:
    void makeResult(const CallPtr &decider) final
    {
        m_result.storeResultOf([&] { return gather(decider); });
    }

    ResultBox<R> m_result;
};

/// Ends with the results of all; one that has none decides.
template <typename R>
class AllCall : public GatherCall<R>
{
public:
    using GatherCall<R>::GatherCall;

protected:
    bool decides(CallCore &member) final { return member.outcome() != Outcome::Value; }
    QString reasonForOthers() const final
    {
        return QStringLiteral("another call of its group has failed or was canceled");
    }
};

template <typename... T>
class TupleCall final : public AllCall<std::tuple<Gathered<T>...>>
{
public:
    using Result = std::tuple<Gathered<T>...>;
    using AllCall<Result>::AllCall;

protected:
    Result gather(const CallPtr &) override { return gather(std::index_sequence_for<T...>()); }

private:
    template <std::size_t... index>
    Result gather(std::index_sequence<index...>)
    {
        return { takeGathered<T>(*this->calls()[index])... };
    }
};

/// A list, which for types that cannot be copied is a std::vector.
template <typename T>
using ResultList = std::conditional_t<isCopyable<T>, QList<T>, std::vector<T>>;

template <typename T>
class ListCall final : public AllCall<ResultList<T>>
{
public:
    using Result = ResultList<T>;
    using AllCall<Result>::AllCall;

protected:
    Result gather(const CallPtr &) override
    {
        Result results;
        results.reserve(static_cast<typename Result::size_type>(this->calls().size()));
        for (const CallPtr &call : this->calls())
            results.push_back(takeGathered<T>(*call));
        return results;
    }
};

template <>
class ListCall<void> final : public AllCall<void>
{
public:
    using Result = void;
    using AllCall<void>::AllCall;

protected:
    void gather(const CallPtr &) override {}
};

/// Ends as the first one does.
template <typename R>
class AnyCall : public GatherCall<R>
{
public:
    using GatherCall<R>::GatherCall;

protected:
    bool decides(CallCore &) final { return true; }
    QString reasonForOthers() const final
    {
        return QStringLiteral("another call of its group was first");
    }
};

template <typename... T>
class VariantCall final : public AnyCall<std::variant<Gathered<T>...>>
{
public:
    using Result = std::variant<Gathered<T>...>;
    using AnyCall<Result>::AnyCall;

protected:
    Result gather(const CallPtr &first) override
    {
        return gather(*first, this->indexOf(first), std::index_sequence_for<T...>());
    }

private:
    template <std::size_t... index>
    static Result gather(CallCore &first, std::size_t wanted, std::index_sequence<index...>)
    {
        std::optional<Result> result;
        const auto take = [&]<std::size_t i, typename U>() {
            if (i == wanted)
                result.emplace(std::in_place_index<i>, takeGathered<U>(first));
        };
        (take.template operator()<index, T>(), ...);
        return std::move(*result);
    }
};

template <typename T>
class IndexCall final : public AnyCall<WhenAnyResult<T>>
{
public:
    using Result = WhenAnyResult<T>;
    using AnyCall<Result>::AnyCall;

protected:
    Result gather(const CallPtr &first) override
    {
        const auto index = qsizetype(this->indexOf(first));
        if constexpr (std::is_void_v<T>)
            return { index };
        else
            return { index, takeGathered<T>(*first) };
    }
};

/// The calls of what is asynchronous.
template <typename A>
CallPtr callOf(A &&asynchronous)
{
    return orCanceled(toPendingCall(std::forward<A>(asynchronous)).core());
}

template <typename R>
concept AsynchronousRange =
        std::ranges::input_range<R> && Asynchronous<std::ranges::range_value_t<R>>;

template <typename R>
std::vector<CallPtr> callsOf(R &&range)
{
    std::vector<CallPtr> calls;
    if constexpr (std::ranges::sized_range<R>)
        calls.reserve(std::size_t(std::ranges::size(range)));
    for (auto &&asynchronous : range) {
        if constexpr (std::is_lvalue_reference_v<R>)
            calls.push_back(callOf(asynchronous));
        else
            calls.push_back(callOf(std::move(asynchronous)));
    }
    return calls;
}

template <typename Call>
auto gather(std::vector<CallPtr> calls)
{
    auto *call = new Call(std::move(calls));
    PendingCall<typename Call::Result> handle{ CallPtr(call) };
    call->begin();
    return handle;
}

[[noreturn]] QFERRY_EXPORT void throwNothingToWaitFor();

} // namespace QFerry::Detail
