// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/capacitylimiterobject.h>

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qpointer.h>
#include <QtCore/qvariant.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qqmllist.h>
#include <QtQml/qqmlparserstatus.h>

#include <memory>

namespace QFerry {

namespace Detail {
class MethodTarget;
class RunQueue;
class TaskRun;
struct TaskError;
} // namespace Detail

struct CallOptions;
struct Progress;

/**
 * Runs a C++ function in a worker, for QML: a task that registerTask() has made known, or a method
 * of an object whose class says that threads may call it. A task that is an asynchronous function
 * runs in this object's thread instead, from its event loop.
 *
 *     ThreadTask {
 *         id: hashing
 *         task: "hashFile"
 *         onResultReady: value => digest.text = value
 *         onFailed: error => digest.text = error.message
 *     }
 *     Button { onClicked: hashing.start(file.text) }
 *     ProgressBar {
 *         value: hashing.progress
 *         indeterminate: hashing.running && hashing.progress < 0
 *     }
 *
 * In C++ it is a QObject with signals. It lives in one thread, which has an event loop; all
 * functions are to be called there, and all signals about a run come through that loop, never out
 * of start(). Whatever is wrong with a run (an unknown task, arguments that do not fit) is that
 * run's failure; only start() in another thread throws InvalidUseError, and in a thread without an
 * event loop NoEventLoopError.
 *
 * Arguments and results are converted in the thread of the engine, which waits meanwhile: some
 * microseconds for each JavaScript object (50,000 take about a tenth of a second). A text, an
 * ArrayBuffer or a Uint8Array, a value of a C++ type or a list of them costs next to nothing: pass
 * much data so. A result is converted only where a script takes it, and at most a million values
 * are taken as one argument.
 *
 * Destroying it cancels what it runs, and waits for nothing.
 */
class QFERRYQML_EXPORT ThreadTask : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_NAMED_ELEMENT(ThreadTaskBase) // ThreadTask.qml adds a start() for QML
    Q_CLASSINFO("DefaultProperty", "data")

    /// The name of a registered task.
    Q_PROPERTY(QString task READ task WRITE setTask NOTIFY taskChanged FINAL)
    /// Instead of a task: an object, and the name of one of its methods. Its class must allow it:
    /// see docs/qml.md. If the object is destroyed before the method begins, the run fails; it may
    /// be destroyed while the method runs if it has a MethodGuard.
    Q_PROPERTY(QObject *target READ target WRITE setTarget NOTIFY targetChanged FINAL)
    Q_PROPERTY(QString method READ method WRITE setMethod NOTIFY methodChanged FINAL)
    /// A list: the arguments of start() without arguments, and of autoStart.
    Q_PROPERTY(QVariant args READ args WRITE setArgsOf NOTIFY argsChanged FINAL)
    /// Whose token a run borrows; null for the default limiter.
    Q_PROPERTY(QFerry::CapacityLimiterObject *limiter READ limiter WRITE setLimiter NOTIFY
                       limiterChanged FINAL)
    /// How long a run may take, in milliseconds; 0 sets no limit. It is then canceled, and fails with
    /// a TimeoutError as soon as its function ends; one that never looks whether it is canceled ends
    /// when it is done, with its result. For the error at once see abandonOnTimeout.
    Q_PROPERTY(int timeout READ timeout WRITE setTimeout NOTIFY timeoutChanged FINAL)
    /// Whether a run fails at its timeout, to the millisecond, and leaves its function to run on,
    /// unheard: canceled, and with its token, until it ends.
    Q_PROPERTY(bool abandonOnTimeout READ abandonOnTimeout WRITE setAbandonOnTimeout NOTIFY
                       abandonOnTimeoutChanged FINAL)
    /// Whether a cancel ends the run at once and leaves its function to run on, unheard.
    Q_PROPERTY(bool abandonOnCancel READ abandonOnCancel WRITE setAbandonOnCancel NOTIFY
                       abandonOnCancelChanged FINAL)
    /// Starts as soon as there is something to run, and again whenever task, target, method or args
    /// change; where rerunPolicy ignores that, once more when the run under way has ended.
    Q_PROPERTY(bool autoStart READ autoStart WRITE setAutoStart NOTIFY autoStartChanged FINAL)
    /// For how long, in milliseconds, nothing of that may change before autoStart starts: as long
    /// as somebody types, nothing runs. 0 is the next turn of the event loop. A negative one is
    /// refused with a warning. cancel() and reset() forget a start that waits for this.
    Q_PROPERTY(int delay READ delay WRITE setDelay NOTIFY delayChanged FINAL)
    /// Whether anything may start. While not, autoStart keeps still, and catches up later with what
    /// has changed; the promise of start() is rejected with a CanceledError. What has been started
    /// goes on: see cancel().
    Q_PROPERTY(bool enabled READ isEnabled WRITE setEnabled NOTIFY enabledChanged FINAL)
    /// What start() does while a run is under way. A value that is none is refused with a warning.
    Q_PROPERTY(RerunPolicy rerunPolicy READ rerunPolicy WRITE setRerunPolicy NOTIFY
                       rerunPolicyChanged FINAL)

    Q_PROPERTY(Status status READ status NOTIFY statusChanged FINAL)
    /// From a start until its run has ended, and all that have been queued behind it have, too.
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged FINAL)
    /// How many runs wait until the one under way has ended: see rerunPolicy.
    Q_PROPERTY(int queued READ queued NOTIFY queuedChanged FINAL)
    /// 0 to 1; -1 if nobody knows. Changes at most once per frame; the last report is always there
    /// before the end.
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged FINAL)
    Q_PROPERTY(QString progressText READ progressText NOTIFY progressChanged FINAL)
    /// Of the last run that succeeded; of a function that takes a QPromise the first one. Until
    /// there is one, fallback.
    Q_PROPERTY(QVariant result READ result NOTIFY resultChanged FINAL)
    Q_PROPERTY(QVariant fallback READ fallback WRITE setFallback NOTIFY fallbackChanged FINAL)
    /// { name, message } of the last run, if it failed; else undefined. With details, a map, if its
    /// exception has some: see ErrorDetails.
    Q_PROPERTY(QVariant error READ error NOTIFY errorChanged FINAL)
    /// Its message, else empty.
    Q_PROPERTY(QString errorString READ errorString NOTIFY errorChanged FINAL)
    /// Milliseconds since the run was started, or that it took. While it runs, told ten times in a
    /// second.
    Q_PROPERTY(int elapsed READ elapsed NOTIFY elapsedChanged FINAL)
    /// What is written inside of it: objects of any type.
    Q_PROPERTY(QQmlListProperty<QObject> data READ data DESIGNABLE false FINAL)
public:
    enum Status {
        Null,      ///< nothing has been started
        Queued,    ///< waits for a token or a thread
        Running,   ///< its function runs
        Ready,     ///< the last run has a result
        Error,     ///< it failed
        Canceled,  ///< it was canceled
        Canceling, ///< it is to end, and has not yet
    };
    Q_ENUM(Status)

    enum RerunPolicy : int { // so that any number may be tried, and refused
        Ignore,         ///< nothing: its promise is that of the run that is under way, if that has
                        ///< equal arguments; else it is rejected with a CanceledError
        Queue,          ///< the new run begins when those before it have ended
        CancelPrevious, ///< the new run begins at once; the one before is canceled, and unheard but
                        ///< for its promise
        OnceMore,       ///< one more run begins when this one has ended, however often it is asked
                        ///< for, with the last arguments; promises of other ones are rejected with
                        ///< a CanceledError
    };
    Q_ENUM(RerunPolicy)

    explicit ThreadTask(QObject *parent = nullptr);
    ~ThreadTask() override;

    QString task() const { return m_task; }
    void setTask(const QString &task);
    QObject *target() const;
    void setTarget(QObject *target);
    QString method() const { return m_method; }
    void setMethod(const QString &method);
    QVariantList args() const { return m_args; }
    void setArgs(const QVariantList &args);
    /// Of a value of QML, which is a list or makes each run fail.
    void setArgsOf(const QVariant &list);
    CapacityLimiterObject *limiter() const { return m_limiter; }
    void setLimiter(CapacityLimiterObject *limiter);
    int timeout() const { return m_timeout; }
    void setTimeout(int milliseconds);
    bool abandonOnTimeout() const { return m_abandonOnTimeout; }
    void setAbandonOnTimeout(bool abandon);
    bool abandonOnCancel() const { return m_abandonOnCancel; }
    void setAbandonOnCancel(bool abandon);
    bool autoStart() const { return m_autoStart; }
    void setAutoStart(bool autoStart);
    int delay() const { return m_delay; }
    void setDelay(int milliseconds);
    bool isEnabled() const { return m_isEnabled; }
    void setEnabled(bool enabled);
    RerunPolicy rerunPolicy() const { return m_rerunPolicy; }
    void setRerunPolicy(RerunPolicy policy);

    Status status() const { return m_status; }
    bool isRunning() const { return m_isRunning; }
    int queued() const { return m_queued; }
    double progress() const { return m_progress; }
    QString progressText() const { return m_progressText; }
    QVariant result() const { return m_hasResult ? m_result : m_fallback; }
    QVariant fallback() const { return m_fallback; }
    void setFallback(const QVariant &value);
    QVariant error() const { return m_error; }
    QString errorString() const;
    int elapsed() const;
    QQmlListProperty<QObject> data();

    /// Starts a run, with the arguments given (in QML of any number), or args if there are none. In
    /// QML returns a Promise of its result, which is rejected with an Error that has name and
    /// message if the run fails or is canceled; undefined in C++, outside of an engine.
    Q_INVOKABLE QJSValue start();
    Q_INVOKABLE QJSValue start(const QVariant &arg1) { return startWith({ arg1 }); }
    Q_INVOKABLE QJSValue start(const QVariant &arg1, const QVariant &arg2)
    {
        return startWith({ arg1, arg2 });
    }
    Q_INVOKABLE QJSValue start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3)
    {
        return startWith({ arg1, arg2, arg3 });
    }
    Q_INVOKABLE QJSValue start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3,
                               const QVariant &arg4)
    {
        return startWith({ arg1, arg2, arg3, arg4 });
    }
    Q_INVOKABLE QJSValue start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3,
                               const QVariant &arg4, const QVariant &arg5)
    {
        return startWith({ arg1, arg2, arg3, arg4, arg5 });
    }
    Q_INVOKABLE QJSValue start(const QVariant &arg1, const QVariant &arg2, const QVariant &arg3,
                               const QVariant &arg4, const QVariant &arg5, const QVariant &arg6)
    {
        return startWith({ arg1, arg2, arg3, arg4, arg5, arg6 });
    }
    /// start() of QML: with the arguments in an array, as the script has them.
    Q_INVOKABLE QJSValue startWithArgs(const QJSValue &args);
    /// Asks the run to end, and forgets those that are queued behind it. It ends when its function
    /// does: canceled, or with its result if it returns one all the same.
    Q_INVOKABLE void cancel();
    /// The same, but at once: as if nothing had been started.
    Q_INVOKABLE void reset();

    void classBegin() override;
    void componentComplete() override;

Q_SIGNALS:
    void taskChanged();
    void targetChanged();
    void methodChanged();
    void argsChanged();
    void limiterChanged();
    void timeoutChanged();
    void abandonOnTimeoutChanged();
    void abandonOnCancelChanged();
    void autoStartChanged();
    void delayChanged();
    void enabledChanged();
    void fallbackChanged();
    void rerunPolicyChanged();
    void statusChanged();
    void runningChanged();
    void queuedChanged();
    void progressChanged();
    void resultChanged();
    void errorChanged();
    void elapsedChanged();

    /// The function of a run has begun.
    void started();
    /// A result: the only one (index 0), or one of those of a function that takes a QPromise.
    void resultReady(const QVariant &value, int index);
    /// A run has succeeded.
    void finished(const QVariant &result);
    /// A run has failed. If nothing is connected to this signal, nothing bound to status, error or
    /// errorString, and no handler attached to the promise, the failure is logged.
    void failed(const QVariant &error);
    void canceled();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    using RunPtr = std::unique_ptr<Detail::TaskRun>;
    using Children = QQmlListProperty<QObject>;

    template <typename T>
    bool change(T &member, const T &value, void (ThreadTask::*changed)());
    void inputChanged();
    bool hasInput() const;
    void startSoon();
    void startAutomatically();
    QJSValue startWith(const QVariantList &args);
    RunPtr makeRun(const QVariantList &args);
    void begin(RunPtr run);
    CallOptions callOptions() const;
    void forgetAutomaticStart();
    void dropRuns();
    RunPtr endRun();
    void setStatus(Status status);
    bool tellQueued();
    void setProgress(double progress, const QString &text);
    void setError(const QVariant &error);
    void showProgress(const Progress &progress);
    void runSucceeded(const QVariant &result);
    void runFailed(const Detail::TaskError &error);
    void runCanceling();
    void runCanceled();
    void runWithdrawn(const Detail::TaskRun *run);
    void conclude(Status status);
    void beginNext();
    void warnIfUnhandled(const Detail::TaskRun &run, const Detail::TaskError &error);

    QString m_task;
    QPointer<QObject> m_target;
    std::shared_ptr<Detail::MethodTarget> m_methodTarget;
    QString m_method;
    QVariantList m_args;
    QPointer<CapacityLimiterObject> m_limiter;
    int m_timeout = 0;
    bool m_abandonOnTimeout = false;
    bool m_abandonOnCancel = false;
    bool m_autoStart = false;
    int m_delay = 0;
    QBasicTimer m_debounce;
    bool m_isEnabled = true;
    bool m_areInputsNew = false; // for autoStart
    bool m_isAutoStartPosted = false;
    bool m_isComplete = true;
    RerunPolicy m_rerunPolicy = Ignore;

    Status m_status = Null;
    double m_progress = -1;
    QString m_progressText;
    bool m_isRunning = false; // these two: by the last signals
    int m_queued = 0;
    QVariant m_result;
    bool m_hasResult = false;
    QVariant m_fallback;
    QVariant m_error;
    QElapsedTimer m_clock;
    int m_elapsed = 0;
    QBasicTimer m_elapsedTick;
    const std::unique_ptr<Detail::RunQueue> m_runs;
    QList<QPointer<QObject>> m_data;
};

} // namespace QFerry
