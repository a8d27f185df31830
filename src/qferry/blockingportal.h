// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/unwinding.h>
#include <qferry/contextmanager.h>
#include <qferry/fromthread.h>
#include <qferry/portal/portalcall.h>
#include <qferry/taskname.h>
#include <qferry/taskstatus.h>

namespace QFerry {

/**
 * Lets threads without an event loop use what lives in one: they run functions in the portal's
 * loop, and wait for what comes of them or go on meanwhile.
 *
 * It belongs to the event loop of the thread that it is made in (startBlockingPortal() makes one
 * with a thread of its own) and, until stopped, may be used in any other thread: there only,
 * InvalidUseError. What runs in it has the context variables of its caller. It must live while it
 * is used.
 *
 * Functions may be plain or asynchronous (return a QFuture, a PendingCall or an awaitable).
 * Canceling an asynchronous one cancels what it returned and the calls that it made. If the
 * portal's loop ends first, functions that have not begun fail with LoopFinishedError and what is
 * under way is canceled.
 */
class QFERRY_EXPORT BlockingPortal
{
public:
    /// In a thread with an event loop. Throws NoEventLoopError.
    BlockingPortal();
    /**
     * Stops, and waits until everything in the portal has ended; in its own thread, the loop turns
     * meanwhile. If an exception is on its way, cancels what is left. Any thread.
     *
     * In another loop's thread that loop does not turn meanwhile: after 100 ms, calls of
     * fromThread() and tasks of portals in it are ended (LoopFinishedError, CanceledError), as they
     * may be what this portal waits for.
     */
    ~BlockingPortal();
    BlockingPortal(const BlockingPortal &) = delete;
    BlockingPortal &operator=(const BlockingPortal &) = delete;

    /**
     * Runs fn(args...) in the portal's loop and waits for it, and for what comes of it if it is
     * asynchronous. Returns its value, throws its error.
     *
     * Throws PortalNotRunningError if the portal has been stopped, CanceledError if stop(true), the
     * end of the loop or the cancel of the worker that calls ended what was under way. Where the
     * caller has a loop of its own, and where the caller is canceled, it is as with fromThread().
     */
    template <typename F, typename... Args>
    auto call(F &&fn, Args &&...args)
    {
        static_assert(
                std::invocable<std::decay_t<F>, std::decay_t<Args>...>,
                "QFerry: BlockingPortal::call(fn, args...) cannot call fn with these arguments");
        return Detail::callInPortal(d, std::forward<F>(fn), std::forward<Args>(args)...);
    }

    /**
     * Runs fn(args...) in the portal's loop and returns at once a QFuture of what comes of it. The
     * arguments are copied or moved. Canceling the QFuture cancels the task, within 100 ms: a
     * function that has not begun does not run.
     *
     * This never blocks. What does is future.result() or waitForFinished(), which work in any
     * thread but the portal's own: use them in threads without an event loop. A thread with one
     * goes on, and takes toPendingCall(future).then(), a QFutureWatcher or co_await.
     *
     * The QFuture finishes through the calling thread's event loop. If that thread has none, the
     * future of a plain function finishes in the portal's thread: wait for it, but attach no then()
     * to it, as Qt 6.4 crashes where that meets the end of the future.
     *
     * Throws PortalNotRunningError if the portal has been stopped.
     */
    template <typename F, typename... Args>
    requires(!std::same_as<std::remove_cvref_t<F>, TaskOptions>) auto startTaskSoon(F &&fn,
                                                                                    Args &&...args)
    {
        return startTaskSoon(TaskOptions(), std::forward<F>(fn), std::forward<Args>(args)...);
    }
    /// The same for a task with a name: startTaskSoon({.name = u"poll"_s}, fn, args...).
    template <typename F, typename... Args>
    auto startTaskSoon(const TaskOptions &options, F &&fn, Args &&...args)
    {
        static_assert(std::invocable<std::decay_t<F>, std::decay_t<Args>...>,
                      "QFerry: BlockingPortal::startTaskSoon(fn, args...) cannot call fn with "
                      "these arguments (they are "
                      "copied or moved: use std::ref to share)");
        return Detail::startInPortal(d, Detail::nameInPortal(options), std::forward<F>(fn),
                                     std::forward<Args>(args)...);
    }

    /**
     * Starts fn(status, args...) in the portal's loop, where status is a TaskStatus<V> &, and waits
     * until that is told that the task has started. (fn may be a member function, whose object is
     * the first of the args, a pointer.) Returns a StartedTask: the value told, and a
     * QFuture of what comes of the task.
     *
     * If the task ends first, its error is thrown; InvalidUseError if it has none, CanceledError if
     * it was canceled, for instance by stop(true). Throws PortalNotRunningError if the portal has
     * been stopped.
     */
    template <typename F, typename... Args>
    requires(!std::same_as<std::remove_cvref_t<F>, TaskOptions>) auto startTask(F &&fn,
                                                                                Args &&...args)
    {
        return startTask(TaskOptions(), std::forward<F>(fn), std::forward<Args>(args)...);
    }
    /// The same for a task with a name: startTask({.name = u"server"_s}, fn, args...).
    template <typename F, typename... Args>
    auto startTask(const TaskOptions &options, F &&fn, Args &&...args)
    {
        static_assert(Detail::TakesStatus<F>,
                      "QFerry: BlockingPortal::startTask(fn, args...) takes a function whose first "
                      "parameter is a TaskStatus<V> &, not auto");
        if constexpr (Detail::TakesStatus<F>) {
            using Status = std::remove_reference_t<Detail::FirstParameterType<F>>;
            static_assert(
                    std::invocable<Detail::HandedFirstType<F>, Status &, std::decay_t<Args>...>,
                    "QFerry: BlockingPortal::startTask(fn, args...) cannot call fn with a "
                    "TaskStatus and these arguments");
            return Detail::awaitStartInPortal<Status>(d, Detail::nameInPortal(options),
                                                      std::forward<F>(fn),
                                                      std::forward<Args>(args)...);
        }
    }

    /**
     * Makes an asynchronous context manager (see AsyncContextManager) usable in a blocking thread.
     * An lvalue is referred to and must outlive the use; an rvalue is moved.
     */
    template <typename M>
    [[nodiscard]] BlockingContextManager<M> wrapAsyncContextManager(M &&manager)
    {
        return BlockingContextManager<M>(d, std::forward<M>(manager));
    }

    /// Lets nobody in any more, and returns at once. What is in the portal goes on, or is canceled,
    /// which wakes all who wait for it. Any thread; may be called again.
    void stop(bool cancelRemaining = false);
    /// Whether the portal has neither been stopped nor lost its loop. Any thread.
    [[nodiscard]] bool isRunning() const;
    /// A call that finishes when the portal is stopped: to keep a loop running until then. To
    /// cancel it ends that call alone. Any thread. Throws PortalNotRunningError if the portal was
    /// moved from.
    [[nodiscard]] PendingCall<void> sleepUntilStopped() const;

protected:
    explicit BlockingPortal(Detail::PortalState::Ptr portal);
    BlockingPortal(BlockingPortal &&other) noexcept;
    bool isUnwinding() const { return m_unwinding.isUnderWay(); }
    Detail::PortalState::Ptr release() { return std::exchange(d, {}); }

private:
    Detail::PortalState::Ptr d;
    Detail::Unwinding m_unwinding;
};

} // namespace QFerry
