// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/qferry.h>

#include <QtConcurrent/qtconcurrentrun.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qpromise.h>
#include <QtCore/qthreadpool.h>

/// The ways of running work() in another thread and then delivered() in context's, QFerry's and its
/// peers'. All have the same shape: way(context, work, delivered).
namespace Bench {

using namespace Qt::StringLiterals;

/// A thread pool of that many threads, the same at each call.
QThreadPool *poolOf(int threads);
/// One that has as many threads as QFerry's default limiter has tokens.
inline QThreadPool *poolOf40()
{
    return poolOf(40);
}
/// The one that QtConcurrent::run(f) uses.
QThreadPool *defaultPool();

struct QFerryThen
{
    QString name = u"QFerry toThread().then(ctx)"_s;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        QFerry::toThread(std::move(work)).then(context, std::move(delivered));
    }
};

struct QFerryFuture
{
    QString name = u"QFerry toThread().future().then(ctx)"_s;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        QFerry::toThread(std::move(work)).future().then(context, std::move(delivered));
    }
};

struct ConcurrentWatcher
{
    QString name;
    QThreadPool *pool;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        auto *watcher = new QFutureWatcher<void>;
        QObject::connect(watcher, &QFutureWatcherBase::finished, context,
                         [watcher, delivered = std::move(delivered)]() mutable {
                             watcher->deleteLater();
                             delivered();
                         });
        watcher->setFuture(QtConcurrent::run(pool, std::move(work)));
    }
};

/// QtConcurrent::run(pool, work).then(context, delivered). On Qt 6.4 that crashes when work ends
/// while then() is attached, so this is what QtConcurrent::run() does, with then() before the
/// start.
struct ConcurrentThen
{
    QString name;
    QThreadPool *pool;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        auto *task = new Task<Work>(std::move(work));
        task->promise.start();
        task->promise.future().then(context, std::move(delivered));
        pool->start(task);
    }

private:
    template <typename Work>
    struct Task final : QRunnable
    {
        explicit Task(Work &&function) : work(std::move(function)) {}
        void run() override
        {
            work();
            promise.finish();
        }
        Work work;
        QPromise<void> promise;
    };
};

struct StartAndInvoke
{
    QString name;
    QThreadPool *pool;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        pool->start([context, work = std::move(work), delivered = std::move(delivered)]() mutable {
            work();
            QMetaObject::invokeMethod(context, std::move(delivered), Qt::QueuedConnection);
        });
    }
};

inline ConcurrentWatcher concurrentWatcher40()
{
    return { u"QtConcurrent::run, 40 threads, QFutureWatcher"_s, poolOf40() };
}
inline ConcurrentWatcher concurrentWatcher()
{
    return { u"QtConcurrent::run, default pool, QFutureWatcher"_s, defaultPool() };
}
inline ConcurrentThen concurrentThen40()
{
    return { u"QtConcurrent::run, 40 threads, .then(ctx)"_s, poolOf40() };
}
inline ConcurrentThen concurrentThen()
{
    return { u"QtConcurrent::run, default pool, .then(ctx)"_s, defaultPool() };
}
inline StartAndInvoke startAndInvoke40()
{
    return { u"QThreadPool(40)::start, queued invokeMethod"_s, poolOf40() };
}

} // namespace Bench
