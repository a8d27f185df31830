// SPDX-License-Identifier: MIT
#include "threadtask.h"

#include "arguments_p.h"
#include "objectmethod_p.h"
#include "ownthread_p.h"
#include "taskrun_p.h"
#include "warning_p.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qmetaobject.h>
#include <QtQml/qqml.h>

namespace QFerry {

using Detail::TaskError;
using Detail::TaskRun;

static constexpr int elapsedTickMilliseconds = 100;

ThreadTask::ThreadTask(QObject *parent) : QObject(parent) {}

ThreadTask::~ThreadTask() = default;

// --- Inputs

/// Whether there was a change, and its handlers have left this alive.
template <typename T>
bool ThreadTask::change(T &member, const T &value, void (ThreadTask::*changed)())
{
    if (member == value)
        return false;
    const QPointer<ThreadTask> alive(this);
    member = value;
    std::invoke(changed, this);
    return alive;
}

void ThreadTask::setTask(const QString &task)
{
    if (change(m_task, task, &ThreadTask::taskChanged))
        inputChanged();
}

QObject *ThreadTask::target() const
{
    return m_target;
}

void ThreadTask::setTarget(QObject *target)
{
    if (m_target != target)
        m_methodTarget = target ? Detail::MethodTarget::of(target) : nullptr;
    if (change(m_target, QPointer<QObject>(target), &ThreadTask::targetChanged))
        inputChanged();
}

void ThreadTask::setMethod(const QString &method)
{
    if (change(m_method, method, &ThreadTask::methodChanged))
        inputChanged();
}

void ThreadTask::setArgs(const QVariantList &args)
{
    if (change(m_args, args, &ThreadTask::argsChanged))
        inputChanged();
}

void ThreadTask::setArgsOf(const QVariant &list)
{
    setArgs(Detail::argumentsOf(list));
}

void ThreadTask::setLimiter(CapacityLimiterObject *limiter)
{
    change(m_limiter, QPointer<CapacityLimiterObject>(limiter), &ThreadTask::limiterChanged);
}

void ThreadTask::setTimeout(int milliseconds)
{
    change(m_timeout, milliseconds, &ThreadTask::timeoutChanged);
}

void ThreadTask::setAbandonOnTimeout(bool abandon)
{
    change(m_abandonOnTimeout, abandon, &ThreadTask::abandonOnTimeoutChanged);
}

void ThreadTask::setAbandonOnCancel(bool abandon)
{
    change(m_abandonOnCancel, abandon, &ThreadTask::abandonOnCancelChanged);
}

void ThreadTask::setAutoStart(bool autoStart)
{
    if (change(m_autoStart, autoStart, &ThreadTask::autoStartChanged))
        inputChanged();
}

void ThreadTask::setRerunPolicy(RerunPolicy policy)
{
    if (!QMetaEnum::fromType<RerunPolicy>().valueToKey(policy)) {
        Detail::warn(this, QStringLiteral("%1 is no rerunPolicy").arg(int(policy)));
        return;
    }
    change(m_rerunPolicy, policy, &ThreadTask::rerunPolicyChanged);
}

void ThreadTask::classBegin()
{
    m_isComplete = false;
}

void ThreadTask::componentComplete()
{
    m_isComplete = true;
    inputChanged();
}

bool ThreadTask::hasInput() const
{
    return !m_task.isEmpty() || (m_target && !m_method.isEmpty());
}

/// Several inputs often change together: once they have, they make one run.
void ThreadTask::inputChanged()
{
    if (!m_autoStart || !m_isComplete || !hasInput() || std::exchange(m_isAutoStartPosted, true))
        return;
    if (const QString reason = Detail::whyNoLoop(QStringLiteral("ThreadTask")); !reason.isEmpty())
        return Detail::warn(this, reason);
    QMetaObject::invokeMethod(
            this, [this] { startAutomatically(); }, Qt::QueuedConnection);
}

void ThreadTask::startAutomatically()
{
    m_isAutoStartPosted = false;
    if (!m_autoStart || !hasInput())
        return;
    RunPtr run = makeRun(m_args);
    if (!m_run || m_rerunPolicy != Ignore)
        return enqueue(std::move(run));
    m_waiting.clear(); // to begin what has been ignored when the inputs were others
    if (!m_run->isLike(*run))
        m_waiting.push_back(std::move(run));
}

// --- Starting

QJSValue ThreadTask::start()
{
    return startWith(m_args);
}

QJSValue ThreadTask::start(const QVariant &arg1)
{
    return startWith({ arg1 });
}

QJSValue ThreadTask::start(const QVariant &arg1, const QVariant &arg2)
{
    return startWith({ arg1, arg2 });
}

QJSValue ThreadTask::start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3)
{
    return startWith({ arg1, arg2, arg3 });
}

QJSValue ThreadTask::start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3,
                           const QVariant &arg4)
{
    return startWith({ arg1, arg2, arg3, arg4 });
}

QJSValue ThreadTask::start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3,
                           const QVariant &arg4, const QVariant &arg5)
{
    return startWith({ arg1, arg2, arg3, arg4, arg5 });
}

QJSValue ThreadTask::start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3,
                           const QVariant &arg4, const QVariant &arg5, const QVariant &arg6)
{
    return startWith({ arg1, arg2, arg3, arg4, arg5, arg6 });
}

QJSValue ThreadTask::startWithArgs(const QJSValue &args)
{
    const bool isGiven = args.property(QStringLiteral("length")).toInt() > 0;
    return startWith(isGiven ? Detail::argumentsOf(QVariant::fromValue(args)) : m_args);
}

QJSValue ThreadTask::startWith(const QVariantList &args)
{
    Detail::requireOwnThread(this, QStringLiteral("ThreadTask::start()"));
    QJSEngine *engine = qjsEngine(this);
    if (const QString reason = Detail::whyNoLoop(QStringLiteral("ThreadTask")); !reason.isEmpty()) {
        if (!engine)
            throw NoEventLoopError(reason);
        engine->throwError(reason);
        return {};
    }
    RunPtr run = makeRun(args);
    if (TaskRun *joined = runLike(*run))
        return joined->promise(engine);
    const QJSValue promise = run->promise(engine);
    enqueue(std::move(run));
    return promise;
}

/// The run whose promise is that of another one, which need not run.
TaskRun *ThreadTask::runLike(const TaskRun &run) const
{
    TaskRun *other = nullptr;
    if (m_rerunPolicy == Ignore)
        other = m_run.get();
    else if (m_rerunPolicy == OnceMore && !m_waiting.empty())
        other = m_waiting.back().get();
    return other && other->isLike(run) ? other : nullptr;
}

ThreadTask::RunPtr ThreadTask::makeRun(const QVariantList &args) const
{
    try {
        const RegisteredTask task = Detail::taskOrMethod(m_task, m_methodTarget, m_method, args);
        task.requireFunction();
        return std::make_unique<TaskRun>(task, task.convert(args));
    } catch (const InvalidUseError &) {
        return std::make_unique<TaskRun>(std::current_exception());
    }
}

void ThreadTask::enqueue(RunPtr run)
{
    if (!m_run)
        return begin(std::move(run));
    switch (m_rerunPolicy) {
    case Ignore:
        run->setReason(QStringLiteral("its ThreadTask runs with other arguments, and its "
                                      "rerunPolicy is to ignore this start()"));
        break;
    case Queue:
        m_waiting.push_back(std::move(run));
        break;
    case CancelPrevious:
        dropRuns();
        begin(std::move(run));
        break;
    case OnceMore:
        m_waiting.clear();
        m_waiting.push_back(std::move(run));
        break;
    }
}

void ThreadTask::begin(RunPtr run)
{
    m_run = std::move(run);
    const TaskRun *current = m_run.get();
    connect(current, &TaskRun::progressed, this, &ThreadTask::showProgress);
    connect(current, &TaskRun::resultReady, this, &ThreadTask::resultReady);
    connect(current, &TaskRun::succeeded, this, &ThreadTask::runSucceeded);
    connect(current, &TaskRun::failed, this, &ThreadTask::runFailed);
    connect(current, &TaskRun::canceled, this, &ThreadTask::runCanceled);
    m_clock.start();
    m_elapsedTick.start(elapsedTickMilliseconds, this);

    CallOptions options;
    options.limiter = m_limiter ? m_limiter->limiter() : nullptr;
    options.abandonOnCancel = m_abandonOnCancel;
    if (m_timeout != 0)
        options.timeout = std::chrono::milliseconds(m_timeout);
    m_run->begin(options);
    if (m_abandonOnTimeout && m_timeout > 0)
        m_run->failAfter(m_timeout);

    // Handlers of these may do anything, and so come last.
    const QPointer<ThreadTask> alive(this);
    setProgress(-1, {});
    if (alive)
        setError({});
    if (alive && m_run.get() == current)
        setStatus(Queued);
}

// --- Ending

/// All that was started goes, unheard but for its promises.
void ThreadTask::dropRuns()
{
    const auto waiting = std::exchange(m_waiting, {});
    const RunPtr run = endRun();
}

ThreadTask::RunPtr ThreadTask::endRun()
{
    if (m_run)
        m_run->disconnect(this);
    m_elapsedTick.stop();
    m_elapsed = int(m_clock.isValid() ? m_clock.elapsed() : 0);
    m_clock.invalidate();
    return std::move(m_run);
}

void ThreadTask::cancel()
{
    const auto waiting = std::exchange(m_waiting, {});
    if (m_run)
        m_run->cancel();
}

void ThreadTask::reset()
{
    const QPointer<ThreadTask> alive(this);
    dropRuns();
    m_elapsed = 0;
    setProgress(-1, {});
    if (alive)
        setError({});
    if (alive)
        change(m_result, QVariant(), &ThreadTask::resultChanged);
    if (alive)
        Q_EMIT elapsedChanged();
    if (alive)
        setStatus(Null);
}

void ThreadTask::runSucceeded(const QVariant &result)
{
    const QPointer<ThreadTask> alive(this);
    const bool isFirst = !m_run->hasToldResults();
    endRun().release()->deleteLater();
    m_result = result;
    Q_EMIT resultChanged();
    if (alive && isFirst)
        Q_EMIT resultReady(result, 0);
    if (alive)
        conclude(Ready);
    if (alive)
        Q_EMIT finished(result);
    if (alive)
        beginNext();
}

void ThreadTask::runFailed(const TaskError &error)
{
    const QPointer<ThreadTask> alive(this);
    TaskRun *run = endRun().release();
    run->deleteLater();
    setError(error.toMap());
    if (alive)
        conclude(Error);
    if (alive)
        warnIfUnhandled(*run, error);
    if (alive)
        Q_EMIT failed(error.toMap());
    if (alive)
        beginNext();
}

void ThreadTask::runCanceled()
{
    const QPointer<ThreadTask> alive(this);
    endRun().release()->deleteLater();
    conclude(Canceled);
    if (alive)
        Q_EMIT canceled();
    if (alive)
        beginNext();
}

void ThreadTask::conclude(Status status)
{
    const QPointer<ThreadTask> alive(this);
    Q_EMIT elapsedChanged();
    if (alive && !m_run) // else a handler has started the next one
        setStatus(status);
}

void ThreadTask::beginNext()
{
    while (!m_waiting.empty() && m_waiting.front()->isWithdrawn())
        m_waiting.pop_front();
    if (m_run || m_waiting.empty())
        return;
    RunPtr next = std::move(m_waiting.front());
    m_waiting.pop_front();
    begin(std::move(next));
}

/// Once scripts had their chance to attach a handler to the promise.
void ThreadTask::warnIfUnhandled(const TaskRun &run, const TaskError &error)
{
    const auto warn = [this, deferred = run.deferred(), error] {
        const bool isHeard =
                isSignalConnected(QMetaMethod::fromSignal(&ThreadTask::failed))
                || isSignalConnected(QMetaMethod::fromSignal(&ThreadTask::errorChanged))
                || isSignalConnected(QMetaMethod::fromSignal(&ThreadTask::statusChanged));
        if (isHeard || deferred.isRejectionHandled())
            return;
        Detail::warn(this, QStringLiteral("A task failed and nobody handled its error: %1: %2")
                                   .arg(error.name, error.message));
    };
    QMetaObject::invokeMethod(this, warn, Qt::QueuedConnection);
}

// --- State

QString ThreadTask::errorString() const
{
    return m_error.toMap().value(QStringLiteral("message")).toString();
}

int ThreadTask::elapsed() const
{
    return m_clock.isValid() ? int(m_clock.elapsed()) : m_elapsed;
}

void ThreadTask::timerEvent(QTimerEvent *event)
{
    if (event->timerId() == m_elapsedTick.timerId())
        Q_EMIT elapsedChanged();
}

void ThreadTask::showProgress(const Progress &progress)
{
    const QPointer<ThreadTask> alive(this);
    const TaskRun *run = m_run.get();
    if (m_status == Queued) {
        setStatus(Running);
        if (alive)
            Q_EMIT started();
    }
    if (alive && m_run.get() == run)
        setProgress(progress.total > 0
                            ? qBound(0.0, double(progress.value) / double(progress.total), 1.0)
                            : -1,
                    progress.text);
}

void ThreadTask::setStatus(Status status)
{
    if (m_status == status)
        return;
    const QPointer<ThreadTask> alive(this);
    const bool wasRunning = isRunning();
    m_status = status;
    Q_EMIT statusChanged();
    if (alive && wasRunning != isRunning())
        Q_EMIT runningChanged();
}

void ThreadTask::setProgress(double progress, const QString &text)
{
    if (m_progress == progress && m_progressText == text)
        return;
    m_progress = progress;
    m_progressText = text;
    Q_EMIT progressChanged();
}

void ThreadTask::setError(const QVariant &error)
{
    change(m_error, error, &ThreadTask::errorChanged);
}

} // namespace QFerry
