// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/callable.h>
#include <qferry/call/awaiter.h>
#include <qferry/call/functionhandler.h>
#include <qferry/call/futurebridge.h>
#include <qferry/call/handlerfunction.h>
#include <qferry/call/progresshandler.h>

namespace QFerry {

/**
 * The handle of a call: of its function's result, or of what a handler makes of it.
 *
 * Handles are copies of each other and thread safe. Dropping the last one neither cancels the call
 * nor waits for it; an error that nobody handles is then logged (category "qferry").
 *
 * Handlers (then(), onFailed(), onCanceled(), finally()) always run through the event loop of the
 * context's thread, the one that it lives in when the call finishes, in the order in which their
 * calls finished; never inline. They return the handle of their own result, so they chain; a
 * handler that returns a PendingCall, a QFuture or an awaitable is waited for, and may be a
 * coroutine: its captures, and the result or error that it was given, live until then. If the
 * context is destroyed first, the handler is dropped and the call canceled. Canceling any handle of
 * a chain cancels the call at its root.
 *
 * A handler may be what QObject::connect() takes for a slot, too: a member function of the context,
 * then(this, &Window::show), which may leave out the arguments.
 *
 * A result that can be copied may have several consumers; one that cannot belongs to the first, and
 * further ones fail with InvalidUseError.
 */
template <typename T>
class PendingCall
{
public:
    using ResultType = T;

    /// The handle of no call: it is finished and canceled.
    PendingCall() = default;

    bool isValid() const { return bool(d); }

    /// Asks the call to end: one that waits never runs, a running one learns of it from
    /// checkCanceled().
    void cancel(const QString &reason = {}) const
    {
        if (d)
            d->cancel(reason);
    }
    /// Whether the outcome is there.
    bool isFinished() const { return !d || d->isFinished(); }
    /// Whether the call ended canceled. (A running call stays pending until its function returns.)
    bool isCanceled() const { return !d || d->outcome() == Detail::Outcome::Canceled; }

    /// Runs f(result), or f(), in context's thread if the call ends with a result.
    template <typename Context, typename F>
    auto then(const Context &context, F &&f) const &
    {
        return attach<Detail::ResultHandler>(d, context, std::forward<F>(f));
    }
    template <typename Context, typename F>
    auto then(const Context &context, F &&f) &&
    {
        return attach<Detail::ResultHandler>(std::move(d), context, std::forward<F>(f));
    }

    /// Runs f(error) in context's thread if the call failed with an error of f's parameter type, as
    /// a catch clause would; f() or f(std::exception_ptr) take any. What f returns stands in for
    /// the result.
    template <typename Context, typename F>
    PendingCall<T> onFailed(const Context &context, F &&f) const
    {
        return attach<Detail::FailureHandler>(d, context, std::forward<F>(f));
    }

    /// Runs f() in context's thread if the call was canceled. What f returns stands in for the
    /// result.
    template <typename Context, typename F>
    PendingCall<T> onCanceled(const Context &context, F &&f) const
    {
        return attach<Detail::CancelHandler>(d, context, std::forward<F>(f));
    }

    /// Runs f() in context's thread however the call ends: what ends a work, a busy cursor or a
    /// disabled button, is written once. The handle that is returned ends as the call does, but
    /// with f's error if f, or what f returns if it is asynchronous, fails. A cancel does not keep
    /// f from running; only the end of the context, or of its loop, does.
    template <typename Context, typename F>
    PendingCall<T> finally(const Context &context, F &&f) const
    {
        return attach<Detail::FinalHandler>(d, context, std::forward<F>(f));
    }

    /// Runs f(progress), or f(), in context's thread when the function reports progress. Reports
    /// that come faster than the loop turns are merged into the last; that one always arrives,
    /// before the result does.
    template <typename Context, typename F>
    const PendingCall &onProgress(const Context &context, F &&f) const
    {
        if (d)
            Detail::listenToProgress(
                    *d, context,
                    Detail::progressFunction(Detail::handlerFunction<const Progress &>(
                            context, std::forward<F>(f))));
        return *this;
    }

    /// \name Without a context: the compiler says that there must be one
    /// @{
    template <typename F>
    auto then(F &&) const
    {
        return Detail::needsContext<F>(*this);
    }
    template <typename F>
    auto onFailed(F &&) const
    {
        return Detail::needsContext<F>(*this);
    }
    template <typename F>
    auto onCanceled(F &&) const
    {
        return Detail::needsContext<F>(*this);
    }
    template <typename F>
    auto finally(F &&) const
    {
        return Detail::needsContext<F>(*this);
    }
    template <typename F>
    auto onProgress(F &&) const
    {
        return Detail::needsContext<F>(*this);
    }
    /// @}

    /// A QFuture of the same result. It finishes through the calling thread's event loop, if it has
    /// one, and elsewhere only while that thread waits for it, or for a QFuture derived from it;
    /// canceling it cancels the call, within 100 ms.
    QFuture<T> future() const
    {
        if (d)
            return Detail::CallFuture<T>::of(d);
        QPromise<T> promise;
        promise.start();
        promise.future().cancel();
        promise.finish();
        return promise.future();
    }
    operator QFuture<T>() const { return future(); } // NOLINT(google-explicit-constructor)

    /// co_await call: its result, or its error thrown (CanceledError if canceled). Resumes through
    /// the event loop of the awaiting thread; throws NoEventLoopError if that has none. Destroying
    /// the coroutine meanwhile cancels the call. With g++ before 13 what makes the call must not
    /// capture, or hold, by value what has a destructor: see docs/coroutines.md.
    auto operator co_await() const { return Detail::CallAwaiter<T>(d); }

    explicit PendingCall(Detail::CallPtr call) : d(std::move(call)) {}
    const Detail::CallPtr &core() const { return d; }

private:
    template <template <typename, typename> class Kind, typename Context, typename F>
    static auto attach(Detail::CallPtr source, const Context &context, F &&f)
    {
        using Handler = Kind<T, Detail::HandlerFunctionType<Context, F>>;
        decltype(auto) function =
                Detail::handlerFunction<typename Handler::Argument>(context, std::forward<F>(f));
        Handler::check();
        auto *handler = new Handler(orCanceled(std::move(source)),
                                    std::forward<decltype(function)>(function));
        PendingCall<typename Handler::Result> result{ Detail::CallPtr(handler,
                                                                      QAdoptSharedDataTag()) };
        handler->start(context);
        return result;
    }

    Detail::CallPtr d;
};

} // namespace QFerry
