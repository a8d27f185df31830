// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>
#include <qferry/task/latestruns.h>

namespace QFerry {

/// What becomes of a LatestCall's start() while a run is under way.
enum class RerunPolicy : quint8 {
    Ignore,         ///< Nothing: start() returns the handle of the run that is under way.
    Queue,          ///< The new run begins when those before it have ended.
    CancelPrevious, ///< The new run begins at once; those before it are canceled, and unheard.
    OnceMore,       ///< One more run begins when this one has ended, however often it is asked for:
                    ///< with the last function; those between are canceled.
};

/**
 * Runs of one work, of which only the latest counts: a search while somebody types, a view that is
 * loaded anew.
 *
 *     QFerry::LatestCall<void> m_search; // a member of the window
 *
 *     m_search.start([=, this](QObject *run) {
 *         setBusy(true);
 *         return QFerry::toThread(find, word)
 *                 .then(run, [this](const QStringList &found) { show(found); })
 *                 .finally(run, [this] { setBusy(false); });
 *     });
 *
 * The function of a run gets an object that stands for it, to be the context of its handlers. They
 * never come after the next run has begun: that begins by destroying the object of the one before,
 * which drops what is left of its handlers and cancels its calls. So does the end of the
 * LatestCall, which as a member ends with its window.
 *
 * Belongs to the thread that it is made in, which has an event loop; its functions are to be called
 * there.
 */
template <typename T>
class LatestCall : public Detail::LatestRuns
{
public:
    explicit LatestCall(RerunPolicy policy = RerunPolicy::CancelPrevious) : LatestRuns(policy) {}

    /**
     * Asks for a run: calls fn(run), or fn(), through the event loop once its turn has come. fn
     * returns what the run is: a PendingCall, a QFuture or an awaitable of a T, or a T.
     *
     * The returned call ends as the run does, or canceled, if another one came before it.
     *
     * Throws InvalidUseError in another thread, NoEventLoopError if this has no event loop.
     */
    template <typename F>
    PendingCall<T> start(F &&fn)
    {
        using Function = std::decay_t<F>;
        constexpr bool takesRun = std::is_invocable_v<Function, QObject *>;
        static_assert(takesRun || std::is_invocable_v<Function>,
                      "QFerry: LatestCall::start() takes a function of a QObject *, the context of "
                      "the run's handlers, or one without parameters");
        checkThread();
        if (Detail::CallPtr running = runToJoin())
            return PendingCall<T>(std::move(running));
        Run run = makeRun();
        QObject *context = run.context.get();
        auto begin = [context, fn = Function(std::forward<F>(fn))]() mutable {
            if constexpr (takesRun)
                return std::invoke(std::move(fn), context);
            else
                return std::invoke(std::move(fn));
        };
        using R = Detail::SettledType<std::invoke_result_t<decltype(begin)>>;
        static_assert(std::is_same_v<R, T>,
                      "QFerry: the function given to LatestCall<T>::start() returns a PendingCall, "
                      "a QFuture or an awaitable of a T, or a T");
        const auto end = PendingCall<void>(run.turn)
                                 .then(context, std::move(begin))
                                 .finally(context, [this, context] { ended(context); });
        run.end = end.core();
        add(std::move(run));
        return end;
    }
};

} // namespace QFerry
