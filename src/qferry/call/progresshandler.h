// SPDX-License-Identifier: MIT
// onProgress(): the handler runs in its context's thread.
#pragma once

#include <qferry/base/callable.h>
#include <qferry/call/callcore.h>

#include <functional>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace QFerry::Detail {

/// PendingCall::onProgress()
QFERRY_EXPORT void listenToProgress(CallCore &call, QObject *context,
                                    std::function<void(const Progress &)> handler);

/// The function as one of a Progress, which it may leave out; an empty one if there is none.
template <typename F>
std::function<void(const Progress &)> progressFunction(F &&f)
{
    using Function = std::decay_t<F>;
    constexpr bool takesProgress = std::is_invocable_v<Function &, const Progress &>;
    static_assert(takesProgress || std::is_invocable_v<Function &>,
                  "QFerry: onProgress() takes a function of (const QFerry::Progress &), or one "
                  "without parameters");
    if (isNullCallable(f))
        return {};
    if constexpr (takesProgress)
        return std::forward<F>(f);
    else if constexpr (std::is_invocable_v<Function &>)
        return [f = Function(std::forward<F>(f))](const Progress &) mutable { f(); };
    else
        return {};
}

} // namespace QFerry::Detail
