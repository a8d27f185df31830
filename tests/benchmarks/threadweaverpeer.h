// SPDX-License-Identifier: MIT
#pragma once

#ifdef BENCH_HAS_THREADWEAVER // set by the build, which has to link it
#    include <ThreadWeaver/Queue>
#    include <ThreadWeaver/Queueing>

#    include <QtCore/qobject.h>

namespace Bench {

/// As the others: way(context, work, delivered).
struct ThreadWeaverQueue
{
    QString name = QStringLiteral("ThreadWeaver, 40 threads, queued invokeMethod");

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        queue()->enqueue(ThreadWeaver::make_job([context, work, delivered] {
            work();
            QMetaObject::invokeMethod(context, delivered, Qt::QueuedConnection);
        }));
    }

private:
    static ThreadWeaver::Queue *queue()
    {
        static ThreadWeaver::Queue queue;
        queue.setMaximumNumberOfThreads(40);
        return &queue;
    }
};

} // namespace Bench
#endif
