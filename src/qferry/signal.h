// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/emptyfunction.h>
#include <qferry/pendingcall.h>
#include <qferry/task/signalcore.h>

namespace QFerry {

/// The call of signal(): a PendingCall that may be given something to do when it is canceled.
template <typename T>
class SignalCall : public PendingCall<T>
{
public:
    /// Runs fn() when the wait is canceled: by its handle, its scope or the end of its loop.
    /// Always in the thread that called signal(), in which this must be called (InvalidUseError):
    /// at once, if it was canceled there, else through the loop; the call ends canceled after that,
    /// or with the error that fn throws. Of several functions, the last counts.
    ///
    ///     signal(reply, &QNetworkReply::finished).onCancel([reply] { reply->abort(); })
    template <typename F>
    PendingCall<T> onCancel(F &&fn) &&
    {
        static_assert(std::invocable<std::decay_t<F>>,
                      "QFerry: onCancel() takes a function without parameters");
        Detail::requireFunction(fn, "onCancel()");
        if (auto *core = static_cast<Detail::SignalCore *>(this->core().data()))
            core->setCancelAction(
                    std::make_unique<Detail::CancelFunction<std::decay_t<F>>>(std::forward<F>(fn)));
        return std::move(*this);
    }

    explicit SignalCall(QExplicitlySharedDataPointer<Detail::SignalCore> core)
        : PendingCall<T>(Detail::CallPtr(core.data()))
    {}
};

/// A call is one already.
template <typename T>
PendingCall<T> toPendingCall(SignalCall<T> call)
{
    return call;
}

/**
 * Waits for the next emission of a signal:
 *
 *     co_await signal(&timer, &QTimer::timeout);
 *     signal(socket, &QIODevice::readyRead).then(this, &Client::read);
 *
 * The call ends with what the signal sends, copied: nothing, a value, or a std::tuple of several.
 * It never ends inside the emission, but through the event loop of the thread that calls
 * (NoEventLoopError if it has none): what goes on then may delete the sender. That may live in any
 * thread, and must be there when this is called. An emission that comes before, or between two
 * waits, is not seen.
 *
 * Fails with SenderDestroyedError if the sender is destroyed first, or disconnected from all; in
 * the same way, through the loop. Canceling the call, or its scope, or the end of its loop, ends it
 * at once, disconnected; an emission on its way is ignored then.
 *
 * Throws InvalidUseError if there is no sender, or if that is not a signal.
 */
template <typename Sender, typename Signal>
[[nodiscard]] auto signal(Sender *sender, Signal signal)
{
    if constexpr (Detail::checkSignal<Sender, Signal>()) {
        using Call = Detail::EmissionCall<typename Detail::SignalTraits<Signal>::Values>;
        const QExplicitlySharedDataPointer call(new Call(sender));
        call->start(sender, signal);
        return SignalCall<typename Call::Result>(
                QExplicitlySharedDataPointer<Detail::SignalCore>(call.data()));
    }
}

} // namespace QFerry
