// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>

namespace QFerry::Detail {

/// Deletes the objects that deleteLater() was called on in the running thread, in which no event
/// loop would do so: a worker's. Without a lock, as destructors run.
inline void runDeferredDeletes() noexcept
{
    if (!QCoreApplication::instance())
        return; // whose absence would lose them
    try {
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    } catch (...) { // there is no memory; the next time comes soon
    }
}

} // namespace QFerry::Detail
