// SPDX-License-Identifier: MIT
#pragma once

#include "progresspacer_p.h"
#include "promises_p.h"
#include "registeredtask.h"
#include "taskerror_p.h"

#include <QtCore/qbasictimer.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qobject.h>

namespace QFerry::Detail {

/**
 * One start of a ThreadTask: the call, the promise that stands for it in JavaScript, and what comes
 * of both. It tells its owner by signals, always through the event loop. Destroying it cancels the
 * call.
 */
class TaskRun : public QObject
{
    Q_OBJECT
public:
    /// Of a task with converted arguments.
    TaskRun(RegisteredTask task, QVariantList args);
    /// Of one that cannot be run: begin() fails.
    explicit TaskRun(std::exception_ptr error);
    ~TaskRun() override;

    /// The promise of this run, which is made when it is first asked for.
    QJSValue promise(QJSEngine *engine);
    const Deferred &deferred() const { return m_deferred; }

    /// Whether both run the same function with equal arguments.
    bool isLike(const TaskRun &other) const;

    void begin(const CallOptions &options);
    /// Behind begin(): fails after that time, whatever the function does.
    void failAfter(int milliseconds);
    /// Whether resultReady() has told what it returns.
    bool hasToldResults() const { return m_resultCount > 0; }
    /// Asks the call to end. A run that has not begun is withdrawn.
    void cancel();
    /// What the promise of a run that never begins is told when this is destroyed.
    void setReason(const QString &reason) { m_reason = reason; }

Q_SIGNALS:
    /// The first report also says that the function has started.
    void progressed(const QFerry::Progress &progress);
    void resultReady(const QVariant &value, int index);
    /// The call is asked to end.
    void canceling();
    // One of these is the last signal. None tells of a run that did not begin but withdrawn().
    void withdrawn();
    void succeeded(const QVariant &result);
    void failed(const QFerry::Detail::TaskError &error);
    void canceled();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void follow(const PromiseReports &reports);
    void takeResults();
    void takeProgress();
    bool settleReports();
    void succeed(const QVariant &result);
    void fail(const TaskError &error);
    void endCanceled();

    const RegisteredTask m_task;
    const QVariantList m_args;
    const std::exception_ptr m_error;
    bool m_hasBegun = false;
    Deferred m_deferred;
    PendingCall<QVariant> m_call;
    ProgressPacer m_pacer;
    PromiseReports m_reports;
    QFutureWatcher<void> m_watcher;
    int m_resultCount = 0; // told by now
    QString m_reason;
    QBasicTimer m_timeout;
};

} // namespace QFerry::Detail
