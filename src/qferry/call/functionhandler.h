// SPDX-License-Identifier: MIT
// The kinds of handlers: what their functions take, and may return. They run in the context's
// thread.
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/base/resultbox.h>
#include <qferry/call/awaitable.h>
#include <qferry/call/handlercall.h>
#include <qferry/call/keptfunction.h>
#include <qferry/call/result.h>

namespace QFerry::Detail {

/// The part that handlers of all kinds share: a function F, whose (settled) result is R.
template <typename R, typename F>
class FunctionHandler : public HandlerCall
{
public:
    using Result = R;

    void *result() final { return this->lentOr(m_result); }

protected:
    template <typename G>
    FunctionHandler(CallPtr &&source, Outcome wanted, G &&function)
        : HandlerCall(std::move(source), wanted), m_function(std::forward<G>(function))
    {}

    void start(QObject *context)
    {
        if (isNullCallable(*m_function))
            HandlerCall::fail(emptyFunctionError("A handler is empty"));
        else
            HandlerCall::start(context);
    }

    /// Calls the function: keeps its result, or returns the call that it returned.
    template <typename... Args>
    CallPtr call(Args &&...args)
    {
        using Raw = std::invoke_result_t<F, Args...>;
        if constexpr (Asynchronous<Raw>) {
            return orCanceled(
                    startOperation(std::move(*m_function), std::forward<Args>(args)...).core());
        } else {
            m_result.storeResultOf(std::move(*m_function), std::forward<Args>(args)...);
            return {};
        }
    }

    /// The same, but keeps no result.
    CallPtr run()
    {
        if constexpr (Asynchronous<std::invoke_result_t<F>>) {
            return orCanceled(startOperation(std::move(*m_function)).core());
        } else {
            std::invoke(std::move(*m_function));
            return {};
        }
    }

    void takeResult(CallCore &source) final { storeResult(m_result, source); }

    void dropFunction() noexcept final { m_function.reset(); }

private:
    template <typename>
    friend class QFerry::PendingCall;
    FunctionBox<F> m_function;
    ResultBox<R> m_result;
};

// What f makes of a T: what f(T) returns, else what f() does.

template <typename T, typename F>
constexpr bool takesResult()
{
    if constexpr (std::is_void_v<T>)
        return false;
    else
        return std::is_invocable_v<F, T &&>;
}

template <typename T, typename F>
struct ThenReturned
{
    using Type = void; // check() says why
};
template <typename T, typename F>
requires(takesResult<T, F>()) struct ThenReturned<T, F>
{
    using Type = std::invoke_result_t<F, T &&>;
};
template <typename T, typename F>
requires(!takesResult<T, F>() && std::is_invocable_v<F>) struct ThenReturned<T, F>
{
    using Type = std::invoke_result_t<F>;
};

/// PendingCall::then()
template <typename T, typename F>
class ResultHandler final
    : public FunctionHandler<SettledType<typename ThenReturned<T, F>::Type>, F>
{
    using Base = FunctionHandler<SettledType<typename ThenReturned<T, F>::Type>, F>;

public:
    using Argument = std::add_rvalue_reference_t<T>;

    static constexpr void check()
    {
        static_assert(
                takesResult<T, F>() || std::is_invocable_v<F>,
                "QFerry: then() takes a function of the call's result, or one without parameters");
    }

    template <typename G>
    ResultHandler(CallPtr &&source, G &&function)
        : Base(std::move(source), Outcome::Value, std::forward<G>(function))
    {}

    CallPtr handle(CallCore &source) override
    {
        if constexpr (!takesResult<T, F>())
            return this->call();
        else if constexpr (std::is_invocable_v<F, const T &>) // so it need not be the only consumer
            return withResult<T>(source, [this](auto &&value) {
                return this->call(std::forward<decltype(value)>(value));
            });
        else if constexpr (isCopyable<T>)
            return withResult<T>(source, [this](auto &&value) {
                return this->call(T(std::forward<decltype(value)>(value)));
            });
        else
            return withResult<T>(source,
                                 [this](T &&value) { return this->call(std::move(value)); });
    }
};

/// Whether what a function returned, an R, can be the result of a call of T in its stead.
template <typename T, typename R>
constexpr bool standsInFor =
        std::is_same_v<SettledType<R>, T> || (std::is_convertible_v<R, T> && !Asynchronous<R>);

/// PendingCall::onFailed()
template <typename T, typename F>
class FailureHandler final : public FunctionHandler<T, F>
{
    using Parameter = FirstParameterType<F>;
    static constexpr bool takesAnything = std::is_invocable_v<F>;
    // By value, it would be sliced.
    using Caught =
            std::conditional_t<std::is_lvalue_reference_v<Parameter>, Parameter,
                               std::add_lvalue_reference_t<const std::remove_cvref_t<Parameter>>>;
    static constexpr bool takesPointer =
            !takesAnything && std::is_same_v<std::remove_cvref_t<Parameter>, std::exception_ptr>;

public:
    using Argument = void; // whose member functions could be given

    static constexpr void check()
    {
        static_assert(takesAnything
                              || (!std::is_void_v<Parameter> && std::is_invocable_v<F, Caught>),
                      "QFerry: onFailed() takes a function with no parameter or with one, whose "
                      "type must not be auto");
        if constexpr (takesAnything)
            checkResult<std::invoke_result_t<F>>();
        else if constexpr (std::is_invocable_v<F, Caught>)
            checkResult<std::invoke_result_t<F, Caught>>();
    }

    template <typename G>
    FailureHandler(CallPtr &&source, G &&function)
        : FunctionHandler<T, F>(std::move(source), Outcome::Error, std::forward<G>(function))
    {}

    CallPtr handle(CallCore &source) override
    {
        if constexpr (takesAnything) {
            return this->call();
        } else if constexpr (takesPointer) {
            return this->call(source.error());
        } else {
            try {
                std::rethrow_exception(source.error());
            } catch (Caught error) { // another type passes on
                return this->call(error);
            }
        }
    }

private:
    template <typename R>
    static constexpr void checkResult()
    {
        static_assert(standsInFor<T, R>,
                      "QFerry: the function given to onFailed() must return what stands in for the "
                      "call's result. "
                      "To report only, attach it behind the then() that uses the result");
    }
};

/// PendingCall::finally()
template <typename T, typename F>
class FinalHandler final : public FunctionHandler<T, F>
{
public:
    using Argument = void;

    static constexpr void check()
    {
        static_assert(std::is_invocable_v<F>,
                      "QFerry: finally() takes a function without parameters");
    }

    template <typename G>
    FinalHandler(CallPtr &&source, G &&function)
        : FunctionHandler<T, F>(std::move(source), HandlerCall::anyOutcome,
                                std::forward<G>(function))
    {}

    CallPtr handle(CallCore &) override
    {
        if constexpr (std::is_invocable_v<F>)
            return this->run();
        else
            return {};
    }
};

/// PendingCall::onCanceled()
template <typename T, typename F>
class CancelHandler final : public FunctionHandler<T, F>
{
public:
    using Argument = void;

    static constexpr void check()
    {
        static_assert(std::is_invocable_v<F>,
                      "QFerry: onCanceled() takes a function without parameters");
        if constexpr (std::is_invocable_v<F>)
            static_assert(standsInFor<T, std::invoke_result_t<F>>,
                          "QFerry: the function given to onCanceled() must return what stands in "
                          "for the call's result. "
                          "To report only, attach it behind the then() that uses the result");
    }

    template <typename G>
    CancelHandler(CallPtr &&source, G &&function)
        : FunctionHandler<T, F>(std::move(source), Outcome::Canceled, std::forward<G>(function))
    {}

    CallPtr handle(CallCore &) override
    {
        if constexpr (std::is_invocable_v<F>)
            return this->call();
        else
            return {};
    }
};

} // namespace QFerry::Detail
