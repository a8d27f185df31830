// SPDX-License-Identifier: MIT
#include "threadtask.h"

#include "arguments_p.h"
#include "objectmethod_p.h"
#include "ownthread_p.h"
#include "runqueue_p.h"
#include "taskrun_p.h"
#include "warning_p.h"

#include <qferry/call/progressshare.h>

#include <QtCore/qcoreevent.h>
#include <QtCore/qmetaobject.h>
#include <QtQml/qqml.h>

namespace QFerry {

using Detail::TaskError;
using Detail::TaskRun;

static constexpr int elapsedTickMilliseconds = 100;

ThreadTask::ThreadTask(QObject *parent)
    : QObject(parent), m_runs(std::make_unique<Detail::RunQueue>())
{}

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

void ThreadTask::setDelay(int milliseconds)
{
    if (milliseconds < 0)
        return Detail::warn(this, QStringLiteral("%1 is no delay").arg(milliseconds));
    change(m_delay, milliseconds, &ThreadTask::delayChanged);
}

void ThreadTask::setEnabled(bool enabled)
{
    if (change(m_isEnabled, enabled, &ThreadTask::enabledChanged) && m_areInputsNew)
        startSoon();
}

void ThreadTask::setFallback(const QVariant &value)
{
    if (change(m_fallback, value, &ThreadTask::fallbackChanged) && !m_hasResult)
        Q_EMIT resultChanged();
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

void ThreadTask::inputChanged()
{
    m_areInputsNew = true;
    startSoon();
}

/// Several inputs often change together: once they have, they make one run.
void ThreadTask::startSoon()
{
    if (!m_autoStart || !m_isEnabled || !m_isComplete || !hasInput())
        return;
    if (m_delay == 0 && std::exchange(m_isAutoStartPosted, true))
        return;
    if (const QString reason = Detail::whyNoLoop(QStringLiteral("ThreadTask")); !reason.isEmpty())
        return Detail::warn(this, reason);
    if (m_delay > 0)
        m_debounce.start(m_delay, Qt::PreciseTimer, this);
    else
        QMetaObject::invokeMethod(
                this, [this] { startAutomatically(); }, Qt::QueuedConnection);
}

void ThreadTask::startAutomatically()
{
    m_isAutoStartPosted = false;
    if (!m_areInputsNew || !m_autoStart || !m_isEnabled || !hasInput())
        return;
    m_areInputsNew = false;
    if (RunPtr run = m_runs->addAutomatic(makeRun(m_args), m_rerunPolicy))
        return begin(std::move(run));
    tellQueued();
}

void ThreadTask::forgetAutomaticStart()
{
    m_debounce.stop();
    m_areInputsNew = false;
}

// --- Starting

QJSValue ThreadTask::start()
{
    return startWith(m_args);
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
    if (TaskRun *joined = m_runs->joinedBy(*run, m_rerunPolicy))
        return joined->promise(engine);
    const QJSValue promise = run->promise(engine);
    if (!m_isEnabled)
        run->setReason(QStringLiteral("its ThreadTask is not enabled"));
    else if (RunPtr ready = m_runs->add(std::move(run), m_rerunPolicy))
        begin(std::move(ready));
    else
        tellQueued();
    return promise;
}

ThreadTask::RunPtr ThreadTask::makeRun(const QVariantList &args)
{
    RunPtr run;
    try {
        const RegisteredTask task = Detail::taskOrMethod(m_task, m_methodTarget, m_method, args);
        task.requireFunction();
        run = std::make_unique<TaskRun>(task, task.convert(args));
    } catch (const InvalidUseError &) {
        run = std::make_unique<TaskRun>(std::current_exception());
    }
    connect(run.get(), &TaskRun::withdrawn, this,
            [this, withdrawn = run.get()] { runWithdrawn(withdrawn); });
    return run;
}

CallOptions ThreadTask::callOptions() const
{
    CallOptions options;
    options.limiter = m_limiter ? m_limiter->limiter() : nullptr;
    options.abandonOnCancel = m_abandonOnCancel;
    if (m_timeout != 0)
        options.timeout = std::chrono::milliseconds(m_timeout);
    return options;
}

/// Instead of the run that is under way, if there is one.
void ThreadTask::begin(RunPtr run)
{
    if (m_runs->current())
        dropRuns();
    m_runs->setCurrent(std::move(run));
    TaskRun *current = m_runs->current();
    connect(current, &TaskRun::progressed, this, &ThreadTask::showProgress);
    connect(current, &TaskRun::resultReady, this, &ThreadTask::resultReady);
    connect(current, &TaskRun::succeeded, this, &ThreadTask::runSucceeded);
    connect(current, &TaskRun::failed, this, &ThreadTask::runFailed);
    connect(current, &TaskRun::canceling, this, &ThreadTask::runCanceling);
    connect(current, &TaskRun::canceled, this, &ThreadTask::runCanceled);
    m_clock.start();
    m_elapsedTick.start(elapsedTickMilliseconds, this);
    current->begin(callOptions());
    if (m_abandonOnTimeout && m_timeout > 0)
        current->failAfter(m_timeout);

    // Handlers of these may do anything, and so come last.
    const QPointer<ThreadTask> alive(this);
    setProgress(-1, {});
    if (alive)
        setError({});
    if (alive && m_runs->current() == current)
        setStatus(Queued);
}

// --- Ending

/// All that was started goes, unheard but for its promises.
void ThreadTask::dropRuns()
{
    m_runs->dropWaiting();
    const RunPtr run = endRun();
}

ThreadTask::RunPtr ThreadTask::endRun()
{
    if (m_runs->current())
        m_runs->current()->disconnect(this);
    m_elapsedTick.stop();
    m_elapsed = int(m_clock.isValid() ? m_clock.elapsed() : 0);
    m_clock.invalidate();
    return m_runs->takeCurrent();
}

void ThreadTask::cancel()
{
    forgetAutomaticStart();
    m_runs->dropWaiting();
    if (tellQueued() && m_runs->current())
        m_runs->current()->cancel();
}

void ThreadTask::reset()
{
    const QPointer<ThreadTask> alive(this);
    forgetAutomaticStart();
    dropRuns();
    m_elapsed = 0;
    const bool hadResult = std::exchange(m_hasResult, false);
    m_result.clear();
    setProgress(-1, {});
    if (alive)
        setError({});
    if (alive && hadResult)
        Q_EMIT resultChanged();
    if (alive)
        Q_EMIT elapsedChanged();
    if (alive && tellQueued() && m_runs->isEmpty())
        setStatus(Null);
}

void ThreadTask::runSucceeded(const QVariant &result)
{
    const QPointer<ThreadTask> alive(this);
    const bool isFirst = !m_runs->current()->hasToldResults();
    endRun().release()->deleteLater();
    m_result = result;
    m_hasResult = true;
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

void ThreadTask::runCanceling()
{
    setStatus(Canceling);
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

/// The promise of a run that waits was canceled.
void ThreadTask::runWithdrawn(const TaskRun *run)
{
    m_runs->remove(run);
    tellQueued();
}

void ThreadTask::conclude(Status status)
{
    const QPointer<ThreadTask> alive(this);
    Q_EMIT elapsedChanged();
    if (alive && !m_runs->current()) // else a handler has started the next one
        setStatus(status);
}

void ThreadTask::beginNext()
{
    if (RunPtr next = m_runs->takeNext())
        begin(std::move(next));
    else
        tellQueued();
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
    if (event->timerId() == m_elapsedTick.timerId()) {
        Q_EMIT elapsedChanged();
    } else if (event->timerId() == m_debounce.timerId()) {
        m_debounce.stop();
        startAutomatically();
    }
}

void ThreadTask::showProgress(const Progress &progress)
{
    const QPointer<ThreadTask> alive(this);
    const TaskRun *run = m_runs->current();
    if (m_status == Queued) {
        setStatus(Running);
        if (alive)
            Q_EMIT started();
    }
    if (alive && m_runs->current() == run)
        setProgress(Detail::shareOf(progress), progress.text);
}

void ThreadTask::setStatus(Status status)
{
    const QPointer<ThreadTask> alive(this);
    if (m_status != status) {
        m_status = status;
        Q_EMIT statusChanged();
    }
    if (alive)
        tellQueued();
}

/// Between two runs it is running, too. False: somebody has destroyed this.
bool ThreadTask::tellQueued()
{
    const QPointer<ThreadTask> alive(this);
    const int queued = m_runs->waiting();
    if (std::exchange(m_queued, queued) != queued)
        Q_EMIT queuedChanged();
    if (!alive)
        return false;
    const bool isRunning = !m_runs->isEmpty();
    if (std::exchange(m_isRunning, isRunning) != isRunning)
        Q_EMIT runningChanged();
    return alive;
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

// --- Children

static QList<QPointer<QObject>> &childrenOf(QQmlListProperty<QObject> *list)
{
    return *static_cast<QList<QPointer<QObject>> *>(list->data);
}

QQmlListProperty<QObject> ThreadTask::data()
{
    return Children(
            this, &m_data,
            [](Children *children, QObject *child) { childrenOf(children).append(child); },
            [](Children *children) { return childrenOf(children).size(); },
            [](Children *children, qsizetype i) { return childrenOf(children).at(i).data(); },
            [](Children *children) { childrenOf(children).clear(); });
}

} // namespace QFerry
