// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>
#include <qferry/worker/optionalduration.h>

#include <QtCore/qstring.h>

#include <optional>

namespace QFerry {

class CancelScope;
class CapacityLimiter;

/// How one call is made: toThread({.limiter = &disk, .name = u"scan"_s}, fn). What is left out is
/// usual.
struct CallOptions
{
    /// Whose token the call borrows; null for defaultThreadLimiter(). Must live until toThread()
    /// returns.
    CapacityLimiter *limiter = nullptr;
    /// Whether a cancel ends the call at once and leaves its function to run on, unheard.
    bool abandonOnCancel = false;
    /// What the call is canceled with, besides its handle, and with it what the rest of its chain
    /// starts: then() handlers run in this scope. Null for the current scope. Must live until
    /// toThread() returns.
    CancelScope *scope = nullptr;
    /// How long the call may take, waiting included: it is then canceled, and fails with
    /// TimeoutError unless its function returns all the same. The error says whether it had begun,
    /// and if not, who held the tokens. Must be positive.
    Detail::OptionalDuration timeout = std::nullopt;
    /// Shown in activeCalls() and shutdown(), and as the thread's name while the call runs.
    QString name = {};
    Thread thread = Thread::Pooled;
    /// Of a dedicated thread: whether the application leaves without waiting for it, beyond what
    /// shutdown() does. If not, the thread is joined when the QCoreApplication is destroyed.
    bool detach = true;
    /// Whether the call is to be done before the application leaves: when that quits, or in
    /// shutdown(), it is not canceled, but waited for, even if it has not begun, for as long as the
    /// quit timeout, or the one of shutdown(), allows. Those under one limiter run in their order.
    /// Its function can make no further calls then, nor reach the loop that has ended. What could
    /// not be done in time is canceled, and a warning names it.
    bool finishBeforeQuit = false;
};

} // namespace QFerry
