// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/taskdefinition.h>

#include <QtCore/qobject.h>

#include <concepts>
#include <tuple>

QT_BEGIN_NAMESPACE
class QJSValue;
QT_END_NAMESPACE

namespace QFerry::Detail {

/// Throws InvalidUseError if the definition is null, the name is empty, or it is taken.
QFERRYQML_EXPORT void registerDefinition(const QString &name,
                                         std::unique_ptr<TaskDefinition> definition);

/// The end of a promise function that has been canceled before it gave a result, or has given none.
[[noreturn]] QFERRYQML_EXPORT void throwNoTaskResult(bool isCanceled);

template <typename T>
QVariant toVariant(T &&value)
{
    if constexpr (std::is_same_v<std::remove_cvref_t<T>, QVariant>)
        return std::forward<T>(value);
    else
        return QVariant::fromValue(static_cast<const std::remove_cvref_t<T> &>(value));
}

/// What a value of an argument list is to the function.
template <typename T>
T &&argument(QVariant &value)
{
    if constexpr (std::is_same_v<T, QVariant>)
        return std::move(value);
    else
        return std::move(*static_cast<T *>(value.data()));
}

template <typename P>
constexpr void checkParameter()
{
    using T = std::remove_cvref_t<P>;
    static_assert(!std::is_lvalue_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>,
                  "QFerry: a task's parameters are values or const references: there is nothing to "
                  "refer to");
    static_assert(!std::is_same_v<T, QJSValue>,
                  "QFerry: a QJSValue must not leave its thread. Let the task take a QVariant, a "
                  "QVariantList or a QVariantMap");
    static_assert(!std::is_pointer_v<T>, "QFerry: a task takes values. What a pointer points to "
                                         "lives in another thread, and may be gone");
    if constexpr (!std::is_pointer_v<T>)
        static_assert(std::is_default_constructible_v<T> && std::is_copy_constructible_v<T>,
                      "QFerry: a task's parameters are types that QVariant can hold: default "
                      "constructible and copyable");
}

template <typename T>
constexpr void checkTaskResult()
{
    static_assert(
            !std::is_same_v<T, QJSValue>,
            "QFerry: a QJSValue must not be made in a worker. Let the task return a QVariant");
    static_assert(!Asynchronous<T>, "QFerry: what a task gives is a value, and this is one that "
                                    "comes later (a QFuture, PendingCall or awaitable)");
    if constexpr (!std::is_void_v<T>)
        static_assert(std::is_copy_constructible_v<T>,
                      "QFerry: a task's results are types that QVariant can hold: copyable");
}

template <typename T>
QMetaType metaTypeOf()
{
    return QMetaType::fromType<T>();
}

/// How a task with these parameters, behind a promise or Yield, is called.
template <typename... P>
struct TaskParameters
{
    static constexpr size_t count = sizeof...(P);
    static QList<QMetaType> types()
    {
        (checkParameter<P>(), ...);
        return { metaTypeOf<std::remove_cvref_t<P>>()... };
    }

    template <typename F, typename... First>
    static decltype(auto) call(F &function, QVariantList &args, First &...first)
    {
        return call(std::index_sequence_for<P...>(), function, args, first...);
    }

private:
    template <size_t... i, typename F, typename... First>
    static decltype(auto) call(std::index_sequence<i...>, F &function, QVariantList &args,
                               First &...first)
    {
        Q_UNUSED(args)
        return std::invoke(function, first...,
                           argument<std::remove_cvref_t<P>>(args[qsizetype(i)])...);
    }
};

/// Where a function's parameters begin: behind a QPromise<T> & or a Yield<T> &.
template <typename... P>
struct TaskParametersBehindFirst
{
    using Type = TaskParameters<P...>;
};
template <typename First, typename... P>
requires(isHanded<QPromise,
                  First> || isHanded<Yield, First>) struct TaskParametersBehindFirst<First, P...>
{
    using Type = TaskParameters<P...>;
};

template <typename Signature>
struct TaskSignature
{
    static constexpr bool isKnown = false;
};
template <typename R, typename... P>
struct TaskSignature<R(P...)>
{
    static constexpr bool isKnown = true;
    using Result = std::remove_cvref_t<R>;
    using Parameters = typename TaskParametersBehindFirst<P...>::Type;
};

/// Makes a definition of a function: what it leaves of its types are functions of QVariants.
template <typename F>
class TaskFunction
{
    using Signature = TaskSignature<typename SignatureOf<F>::Type>;

public:
    template <typename G>
    static std::unique_ptr<TaskDefinition> define(G &&function)
    {
        static_assert(!std::is_member_pointer_v<F>,
                      "QFerry: a task has no object. Register a lambda that knows it, or use "
                      "ThreadTask's target and method");
        static_assert(Signature::isKnown, "QFerry: the task's parameters cannot be told (it is "
                                          "generic or overloaded). Register a lambda that names "
                                          "their types");
        static_assert(std::is_copy_constructible_v<F>,
                      "QFerry: each run of a task runs a copy of its function, and this one "
                      "cannot be copied. Let a lambda hold it in a std::shared_ptr");
        if constexpr (Signature::isKnown
                      && !std::is_member_pointer_v<F> && std::is_copy_constructible_v<F>) {
            if (isNullCallable(function))
                return nullptr;
            auto definition = std::make_unique<TaskDefinition>();
            definition->parameters = Signature::Parameters::types();
            if constexpr (TakesPromise<F>)
                definePromise(*definition, std::forward<G>(function));
            else if constexpr (TakesYield<F>)
                defineYielding(*definition, std::forward<G>(function));
            else if constexpr (Asynchronous<typename Signature::Result>)
                defineAsync(*definition, std::forward<G>(function));
            else if constexpr (isSinglePass<typename Signature::Result>())
                defineRange(*definition, std::forward<G>(function));
            else
                defineFunction(*definition, std::forward<G>(function));
            return definition;
        } else {
            return nullptr;
        }
    }

private:
    static void defineFunction(TaskDefinition &definition, F function)
    {
        using R = typename Signature::Result;
        checkTaskResult<R>();
        definition.result = metaTypeOf<R>();
        definition.function = [function = std::move(function)](QVariantList &args) mutable {
            if constexpr (std::is_void_v<R>) {
                Signature::Parameters::call(function, args);
                return QVariant();
            } else {
                return toVariant(Signature::Parameters::call(function, args));
            }
        };
    }

    static void defineAsync(TaskDefinition &definition, F function)
    {
        using T = SettledType<typename Signature::Result>;
        checkTaskResult<T>();
        definition.result = metaTypeOf<T>();
        definition.asyncFunction = [function = std::move(function)](
                                           QVariantList &args,
                                           const ProgressSink &sink) mutable -> Task<QVariant> {
            QObject listener; // of this thread, until the end
            auto operation = heard(Signature::Parameters::call(function, args), listener, sink);
            if constexpr (std::is_void_v<T>) {
                co_await std::move(operation);
                co_return QVariant();
            } else {
                T value = co_await std::move(operation);
                co_return toVariant(std::move(value));
            }
        };
    }

    /// A call tells its progress to handlers alone, and the last of it before the one of its end.
    template <typename A>
    static A heard(A operation, QObject &listener, const ProgressSink &sink)
    {
        if constexpr (std::derived_from<A, PendingCall<SettledType<A>>>)
            return operation.onProgress(&listener, sink).finally(&listener, [] {});
        else
            return operation;
    }

    static void defineRange(TaskDefinition &definition, F function)
    {
        using T = typename RangeItem<typename Signature::Result>::Type;
        checkTaskResult<T>();
        definition.result = metaTypeOf<T>();
        definition.generator = [function = std::move(function)](Yield<QVariant> &yield,
                                                                QVariantList &args) mutable {
            for (auto &&item : Signature::Parameters::call(function, args))
                yield(toVariant<T>(std::forward<decltype(item)>(item)));
        };
    }

    static void defineYielding(TaskDefinition &definition, F function)
    {
        using T = HandedValueType<F>;
        static_assert(!Asynchronous<typename Signature::Result>,
                      "QFerry: a generator's function yields in a worker, and this one is "
                      "asynchronous. Let it block, or make one result");
        checkTaskResult<T>();
        definition.result = metaTypeOf<T>();
        definition.generator = [function = std::move(function)](Yield<QVariant> &yield,
                                                                QVariantList &args) mutable {
            if constexpr (std::is_same_v<T, QVariant>) {
                Signature::Parameters::call(function, args, yield);
            } else {
                Yield<T> typed([&yield](T &&item) { yield(toVariant(std::move(item))); });
                Signature::Parameters::call(function, args, typed);
            }
        };
    }

    static void definePromise(TaskDefinition &definition, F function)
    {
        using T = HandedValueType<F>;
        checkTaskResult<T>();
        definition.result = metaTypeOf<T>();
        definition.makePromise = [function = std::move(function)] {
            const auto promise = std::make_shared<QPromise<T>>();
            promise->start();
            const QFuture<T> future = promise->future();
            PromiseRun run;
            run.reports.future = QFuture<void>(future);
            if constexpr (!std::is_void_v<T>)
                run.reports.resultAt = [future](int index) { return resultAt(future, index); };
            if constexpr (Asynchronous<typename Signature::Result>)
                run.asyncFunction = [function, promise, future](QVariantList &args,
                                                                const ProgressSink &) mutable {
                    return runAsyncPromise<T>(function, *promise, future, args);
                };
            else
                run.function = [function, promise, future](QVariantList &args) mutable {
                    return runPromise<T>(function, *promise, future, args);
                };
            return run;
        };
    }

    template <typename T>
    static std::optional<QVariant> resultAt(const QFuture<T> &future, int index)
    {
        if (!future.isResultReadyAt(index))
            return {};
        return toVariant(future.resultAt(index));
    }

    template <typename T>
    static QVariant runPromise(F &function, QPromise<T> &promise, const QFuture<T> &future,
                               QVariantList &args)
    {
        const CancelRegistration cancel = cancelWithCall(future);
        Signature::Parameters::call(function, args, promise);
        promise.finish();
        return firstResult(future);
    }

    template <typename T>
    static Task<QVariant> runAsyncPromise(F &function, QPromise<T> &promise,
                                          const QFuture<T> &future, QVariantList &args)
    {
        static_assert(std::is_void_v<SettledType<typename Signature::Result>>,
                      "QFerry: the results of a function that takes a QPromise are those which it "
                      "adds there: let it return a Task<>");
        const CancelRegistration cancel = cancelWithCall(future);
        auto operation = Signature::Parameters::call(function, args, promise);
        co_await std::move(operation);
        promise.finish();
        co_return firstResult(future);
    }

    template <typename T>
    static CancelRegistration cancelWithCall(QFuture<T> future)
    {
        return onCancel([future = std::move(future)]() mutable { future.cancel(); });
    }

    template <typename T>
    static QVariant firstResult(const QFuture<T> &future)
    {
        if constexpr (std::is_void_v<T>) {
            return {};
        } else {
            if (future.resultCount() == 0)
                throwNoTaskResult(isCanceled());
            return toVariant(future.resultAt(0));
        }
    }
};

} // namespace QFerry::Detail
