// SPDX-License-Identifier: MIT
// How a stream fills a model: its run begins, yields, waits for views, and ends. In the model's
// thread.
#include <qferry/base/logging_p.h>
#include <qferry/model/modelstate_p.h>

namespace QFerry {

// --- Begin and end

/// As if nothing had been started, but for the rows, which may stay until others come.
void StreamModelBase::prepareRun()
{
    d->run.reset();
    d->pending.clear();
    d->newProgress.reset();
    d->interval.stop();
    d->isStale = d->keepRows;
    const QPointer<StreamModelBase> alive(this);
    if (!d->isStale)
        removeAllRows();
    if (alive)
        showProgress({});
    if (alive)
        setError({});
}

void StreamModelBase::begin(Detail::RowFeedBase::Ptr feed)
{
    const QPointer<StreamModelBase> alive(this);
    prepareRun();
    if (!alive)
        return;
    d->run.reset(new Detail::ModelRun(this, feed)); // another one, if a slot has started that
    Detail::ModelRun *run = d->run.get();
    run->isPaced = d->prefetch >= 0;
    run->rowsWanted = qMax(d->prefetch, 1);
    connect(&run->patience, &QTimer::timeout, this, [this] {
        if (!d->run->isSeen && canFetchMore({}))
            want();
    });
    feed->start(run, true);
    const PendingCall<void> call{ Detail::CallPtr(feed.data()) };
    call.onProgress(run, [this](const Progress &progress) { reported(progress); });
    call.then(run, [this] {
            ended({});
        }).onFailed(run, [this](const std::exception_ptr &error) {
              ended(error);
          }).onCanceled(run, [this] { cancel(); });
    setStatus(Queued);
}

void StreamModelBase::failToBegin(const std::exception_ptr &error)
{
    const QPointer<StreamModelBase> alive(this);
    prepareRun();
    if (!alive)
        return;
    d->isStale = false;
    d->error = error;
    conclude();
}

void StreamModelBase::ended(const std::exception_ptr &error)
{
    d->run->hasEnded = true;
    d->run->error = error;
    if (!d->interval.isActive())
        flush();
}

/// All rows are there, and the run is not.
void StreamModelBase::conclude()
{
    const QPointer<StreamModelBase> alive(this);
    const std::exception_ptr error = d->error;
    const Status status = error ? Error : Ready;
    if (std::exchange(d->isStale, false) && !error)
        removeAllRows();
    if (alive)
        runEnded(status);
    if (alive && error)
        Q_EMIT errorChanged();
    if (alive && !d->run) // else a slot has started the next one
        setStatus(status);
    if (!alive)
        return;
    if (!error) {
        Q_EMIT finished();
        return;
    }
    const QString message = Detail::describe(error);
    if (!isErrorHeard())
        warn(QStringLiteral("The stream of a StreamModel failed and nobody listens: ") + message);
    Q_EMIT errorOccurred(message);
}

void StreamModelBase::cancel()
{
    requireThread("cancel()");
    if (!d->run)
        return;
    d->run.reset();
    d->interval.stop();
    const QPointer<StreamModelBase> alive(this);
    insertPending();
    if (!alive)
        return;
    d->isStale = false;
    runEnded(Canceled);
    if (alive && !d->run)
        setStatus(Canceled);
    if (alive)
        Q_EMIT canceled();
}

void StreamModelBase::clear()
{
    const QPointer<StreamModelBase> alive(this);
    cancel();
    if (alive)
        removeAllRows();
}

void StreamModelBase::runEnded(Status) {}

// --- Rows come

void StreamModelBase::reported(const Progress &progress)
{
    d->newProgress = progress;
    const QPointer<Detail::ModelRun> run(d->run.get());
    setStatus(Running);
    if (run && !d->interval.isActive())
        flush();
}

/// Makes rows of what has come, if anything has, and keeps the next batch away for the interval.
void StreamModelBase::flush()
{
    if (!d->run)
        return;
    if (d->telling > 0) {
        d->isFlushDue = true;
        return;
    }
    const QPointer<Detail::ModelRun> run(d->run.get());
    if (!d->pending.empty() || d->newProgress)
        d->interval.start();
    if (d->newProgress)
        showProgress(*std::exchange(d->newProgress, std::nullopt));
    if (run)
        insertPending();
    if (!run)
        return;
    if (!run->hasEnded)
        return wantIfLeftOut();
    d->error = run->error;
    d->run.reset();
    conclude();
}

void StreamModelBase::insertPending()
{
    if (d->pending.empty())
        return;
    changeRows([this, rows = std::exchange(d->pending, {}),
                isFirst = std::exchange(d->isStale, false)]() mutable {
        if (isFirst)
            exchange(std::move(rows));
        else
            admitAt(count(), std::move(rows));
    });
}

void StreamModelBase::removeAllRows()
{
    changeRows([this] {
        if (count() > 0)
            resetRows({});
    });
}

// --- The view's pace

void StreamModelBase::setPrefetch(int prefetch)
{
    prefetch = qMax(prefetch, -1);
    if (std::exchange(d->prefetch, prefetch) == prefetch)
        return;
    if (d->run) {
        d->run->isPaced = prefetch >= 0;
        d->run->ask();
    }
    Q_EMIT prefetchChanged();
}

void StreamModelBase::setProxy(QAbstractItemModel *proxy)
{
    if (d->proxy == proxy)
        return;
    if (d->proxy)
        d->proxy->disconnect(this);
    d->proxy = proxy;
    if (proxy) { // whose filter may change
        connect(proxy, &QAbstractItemModel::rowsRemoved, this, &StreamModelBase::wantInstead);
        connect(proxy, &QAbstractItemModel::modelReset, this, &StreamModelBase::wantInstead);
    }
    Q_EMIT proxyChanged();
}

void StreamModelBase::fetchAll()
{
    if (!d->run)
        return;
    d->run->isPaced = false;
    d->run->ask();
}

bool StreamModelBase::canFetchMore(const QModelIndex &parent) const
{
    const Detail::ModelRun *run = d->run.get();
    const bool isServed = run && run->rowsWanted == 0 && d->pending.empty();
    return !parent.isValid() && isServed && run->isPaced && !run->hasEnded;
}

void StreamModelBase::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        want();
}

/// The view wants more rows, or would if it saw any of those that have come.
void StreamModelBase::want()
{
    Detail::ModelRun &run = *d->run;
    run.rowsWanted = qMax(d->prefetch, 1);
    run.firstNew = count();
    run.proxyRows = d->proxy ? d->proxy->rowCount() : 0;
    run.isFiltered = false;
    run.isSeen = false;
    run.patience.stop();
    run.ask();
}

void StreamModelBase::noteLook(int row) const
{
    if (Detail::ModelRun *run = d->run.get(); run && row >= run->firstNew)
        (d->isInserting ? run->isFiltered : run->isSeen) = true;
}

/// The proxy has left out rows that the view had: others may have to take their place.
void StreamModelBase::wantInstead()
{
    if (d->run && d->proxy) // those that are on their way count from here
        d->run->proxyRows = d->proxy->rowCount();
    if (canFetchMore({}))
        want();
}

/// Goes on if all that the view has asked for was left out before it: then it asks no more.
void StreamModelBase::wantIfLeftOut()
{
    if (!canFetchMore({}))
        return;
    if (d->proxy && d->proxy->rowCount() == d->run->proxyRows)
        want();
    else if (!d->proxy && d->run->isFiltered && !d->run->isSeen)
        d->run->patience.start();
}

} // namespace QFerry
