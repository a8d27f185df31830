// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/progresslistener.h>
#include <qferry/global.h>

#include <QtCore/qstring.h>

namespace QFerry {

/// How far a call is.
struct Progress
{
    qint64 value = 0;
    /// What value is at the end; 0 if nobody knows.
    qint64 total = 0;
    QString text = {};

    friend bool operator==(const Progress &, const Progress &) = default;
};

/// In a worker: tells the call's listeners (PendingCall::onProgress(), its QFuture) how far it is.
/// Cheap: what comes faster than the listener's loop turns is merged; the last report always
/// arrives. Throws NoEventLoopError outside of a worker.
///
/// In a generator, the listeners are those of Stream::forEach() and forEachBatch(); where the items
/// are taken by next(), nobody hears of it.
QFERRY_EXPORT void reportProgress(qint64 value, qint64 total = 0, const QString &text = {});

} // namespace QFerry
