// SPDX-License-Identifier: MIT
#pragma once

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

namespace Detail {

/// Hears of a call's progress. Of one call: it is linked into that call's list.
class ProgressListener
{
public:
    /// In the worker, or the thread that adds the listener.
    virtual void progressed(const Progress &progress) = 0;
    /// Any thread: the call will not touch the listener again.
    virtual void progressEnded() = 0;

protected:
    ProgressListener() = default;
    ~ProgressListener() = default;
    Q_DISABLE_COPY_MOVE(ProgressListener)

private:
    friend class WorkerCall;
    ProgressListener *m_nextListener = nullptr;
};

} // namespace Detail
} // namespace QFerry
