// SPDX-License-Identifier: MIT
// What the functions of BlockingPortal do. The threads enter that use a portal.
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/base/methodcall.h>
#include <qferry/portal/awaitstart.h>
#include <qferry/portal/futuretask.h>
#include <qferry/portal/plaintask.h>
#include <qferry/wait/blockingrequest.h>
#include <qferry/wait/fromthreadcaller.h>

namespace QFerry::Detail {

template <typename F, typename... Args>
auto callInPortal(const PortalState::Ptr &portal, F &&fn, Args &&...args)
{
    using Raw = ReturnType<F, Args...>;
    using R = SettledType<Raw>;
    requireFunction(fn, "A portal");
    PortalVisit visit(portal);
    if constexpr (Asynchronous<Raw>) {
        auto bound = bindCall(std::forward<F>(fn), std::forward<Args>(args)...);
        const QExplicitlySharedDataPointer task(
                new PortalFunctionTask<R, decltype(bound)>(std::move(bound)));
        visit.sendAndWait(*task);
        return task->take();
    } else {
        auto function = [&]() -> Raw {
            const PortalFunction running(visit.portal());
            return std::invoke(std::forward<F>(fn), std::forward<Args>(args)...);
        };
        return BlockingFunction<R, decltype(function)>(visit.portal().loop(), function).run();
    }
}

template <typename R, typename F>
QFuture<R> startPlainTask(const PortalState::Ptr &portal, const QString &name, F &&function)
{
    auto task = std::make_unique<PlainFunctionTask<R, F>>(std::forward<F>(function));
    PortalVisit visit(portal);
    QFuture<R> future = task->future();
    visit.send(std::move(task), name);
    return future;
}

template <typename F, typename... Args>
auto startInPortal(const PortalState::Ptr &portal, const QString &name, F &&fn, Args &&...args)
{
    using Raw = ReturnType<F, Args...>;
    using R = SettledType<Raw>;
    requireFunction(fn, "A portal");
    auto bound = bindCall(std::forward<F>(fn), std::forward<Args>(args)...);
    if constexpr (!Asynchronous<Raw>) {
        if (!FutureSink::hasOrigin())
            return startPlainTask<R>(portal, name, std::move(bound));
    }
    const QExplicitlySharedDataPointer task(new FutureTask<R, decltype(bound)>(std::move(bound)));
    PortalVisit visit(portal);
    QFuture<R> future = task->makeFuture();
    visit.send(*task, name);
    return future;
}

/// Waits until the task says that it has started.
template <typename Status, typename F, typename... Args>
auto awaitStartInPortal(const PortalState::Ptr &portal, const QString &name, F &&fn, Args &&...args)
{
    using R =
            SettledType<std::invoke_result_t<HandedFirstType<F>, Status &, std::decay_t<Args>...>>;
    requireFunction(fn, "A portal");
    const auto status = std::make_shared<Status>();
    auto bound =
            bindCall(std::forward<F>(fn), StatusReference(status), std::forward<Args>(args)...);
    const QExplicitlySharedDataPointer task(new FutureTask<R, decltype(bound)>(std::move(bound)));
    checkCaller();
    PortalVisit visit(portal);
    QFuture<R> future = task->makeFuture();
    visit.send(*task, name);
    status->call()->follow(CallPtr(task.data()));
    return awaitStart<R>(*task, *status, std::move(future));
}

} // namespace QFerry::Detail
