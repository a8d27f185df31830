// SPDX-License-Identifier: MIT
#include "taskrun_p.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qpointer.h>

namespace QFerry::Detail {

TaskRun::TaskRun(RegisteredTask task, QVariantList args)
    : m_task(std::move(task))
    , m_args(std::move(args))
    , m_pacer([this](const Progress &progress) { Q_EMIT progressed(progress); })
{}

TaskRun::TaskRun(std::exception_ptr error)
    : m_error(std::move(error)), m_pacer([](const Progress &) {})
{}

TaskRun::~TaskRun()
{
    m_call.cancel(QStringLiteral("its ThreadTask does not want it any more"));
    m_deferred.rejectLater(m_error ? TaskError::of(m_error)
                                   : TaskError::canceled(m_reason)); // unless it is settled
}

bool TaskRun::isLike(const TaskRun &other) const
{
    return !m_error && !other.m_error && m_task.isSameAs(other.m_task) && m_args == other.m_args;
}

QJSValue TaskRun::promise(QJSEngine *engine)
{
    if (!m_deferred.isValid() && engine)
        m_deferred = Deferred(engine, [alive = QPointer<TaskRun>(this)] {
            if (alive)
                alive->cancel();
        });
    return m_deferred.isValid() ? m_deferred.promise() : QJSValue();
}

void TaskRun::begin(const CallOptions &options)
{
    m_hasBegun = true;
    if (m_error) {
        QMetaObject::invokeMethod(
                this, [this] { fail(TaskError::of(m_error)); }, Qt::QueuedConnection);
        return;
    }
    PromiseReports reports;
    // An asynchronous function tells in its own context, which is not that of who listens.
    const ProgressSink sink = [alive = QPointer<TaskRun>(this)](const Progress &progress) {
        if (alive)
            alive->m_pacer.offerLater(progress);
    };
    m_call = m_task.callConverted(m_args, options, &reports, sink);
    m_call.onProgress(this, [this](const Progress &progress) { m_pacer.offer(progress); });
    if (reports.resultAt || reports.future.isValid())
        follow(reports);
    m_call.then(this, [this](const QVariant &result) { succeed(result); })
            .onFailed(this, [this](const std::exception_ptr &error) { fail(TaskError::of(error)); })
            .onCanceled(this, [this] { endCanceled(); });
}

void TaskRun::failAfter(int milliseconds)
{
    m_timeout.start(milliseconds, Qt::PreciseTimer, this);
}

void TaskRun::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timeout.timerId())
        return;
    m_timeout.stop();
    m_call.cancel(QStringLiteral("its timeout passed"));
    fail(TaskError::of(std::make_exception_ptr(TimeoutError(
            QStringLiteral("%1 did not end within its timeout. It runs on, unheard, until it looks "
                           "whether it is canceled")
                    .arg(m_task.name())))));
}

void TaskRun::cancel()
{
    if (!m_hasBegun) {
        m_deferred.reject(TaskError::canceled());
        Q_EMIT withdrawn();
    } else if (!m_call.isFinished()) {
        m_call.cancel(QStringLiteral("it was canceled in QML"));
        Q_EMIT canceling();
    }
}

// --- What a promise function reports

void TaskRun::follow(const PromiseReports &reports)
{
    m_reports = reports;
    using Watcher = QFutureWatcherBase;
    connect(&m_watcher, &Watcher::resultReadyAt, this, &TaskRun::takeResults);
    connect(&m_watcher, &Watcher::progressValueChanged, this, &TaskRun::takeProgress);
    connect(&m_watcher, &Watcher::progressTextChanged, this, &TaskRun::takeProgress);
    m_watcher.setFuture(m_reports.future);
}

void TaskRun::takeResults()
{
    const QPointer<TaskRun> alive(this);
    while (alive && m_reports.resultAt) {
        const std::optional<QVariant> value = m_reports.resultAt(m_resultCount);
        if (!value)
            return;
        Q_EMIT resultReady(*value, m_resultCount++);
    }
}

void TaskRun::takeProgress()
{
    const QFuture<void> &future = m_reports.future;
    if (future.progressValue() == 0 && future.progressMaximum() == 0
        && future.progressText().isEmpty())
        return; // it has reported none
    const int minimum = future.progressMinimum();
    m_pacer.offer({ future.progressValue() - minimum, future.progressMaximum() - minimum,
                    future.progressText() });
}

/// Tells what its last notifications would tell. False: somebody has destroyed this.
bool TaskRun::settleReports()
{
    const QPointer<TaskRun> alive(this);
    if (m_reports.future.isValid()) {
        takeResults();
        if (alive)
            takeProgress();
    }
    if (alive)
        m_pacer.flush();
    return alive;
}

// --- The end

void TaskRun::succeed(const QVariant &result)
{
    if (!settleReports())
        return;
    m_deferred.resolve(result);
    Q_EMIT succeeded(result);
}

void TaskRun::fail(const TaskError &error)
{
    if (!settleReports())
        return;
    m_deferred.reject(error);
    Q_EMIT failed(error);
}

void TaskRun::endCanceled()
{
    if (!settleReports())
        return;
    m_deferred.reject(TaskError::canceled());
    Q_EMIT canceled();
}

} // namespace QFerry::Detail
