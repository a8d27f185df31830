// SPDX-License-Identifier: MIT
// What people are told of limiters whose tokens do not come back.
#pragma once

#include <QtCore/qstring.h>

namespace QFerry::Detail {

class LimiterState;
class LimiterWaiter;

/// Why the waiter has not got its token, or what else it waits for: how a sentence on it ends. Any
/// thread, without the admission's mutex.
QString whyNotBegun(const LimiterWaiter *waiter);

/// The function of the one who holds a token runs on, unheard. Warns, once for each limiter, if all
/// tokens are held so, as soon as something waits for one. Any thread, without the admission's
/// mutex.
void tokenAbandoned(const LimiterWaiter *holder);

/// Something begins to wait for a token. While anything does, looks now and then for limiters whose
/// holders all wait themselves, and warns, once for each. Under the admission's mutex.
void waitingBegins(LimiterState *limiter) noexcept;

} // namespace QFerry::Detail
