// SPDX-License-Identifier: MIT
// run(): the event loop that turns until a call has ended, or the application quits. The thread of
// that loop enters.
#include "runcall.h"

#include <qferry/loop/loopinbox_p.h>
#include <qferry/wait/blocked_p.h>
#include <qferry/worker/activetask.h>
#include <qferry/worker/shutdown_p.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

/// What the loop of a run() returns if that has ended, and not if all loops of the thread were told
/// to quit.
constexpr int finishedCode = 0x51466572;
constexpr std::chrono::milliseconds longestTurn = 24h; // after a quit; timers cannot do much more

void endLoop(QEventLoop &loop)
{
    if (loop.isRunning()) // else it has been told to quit
        loop.exit(finishedCode);
}

/// Ends an event loop once a call has finished.
class LoopQuitter final : public QSharedData, public Continuation
{
public:
    LoopQuitter(QEventLoop *loop, const LoopInbox::Ptr &inbox) : m_loop(loop), m_inbox(inbox) {}

    void callFinished() override
    {
        const LoopInbox::Ptr inbox = m_inbox;
        inbox->post(this);
    }
    void deliver() override
    {
        if (m_loop)
            endLoop(*m_loop);
        loopFinished();
    }
    void loopFinished() override { release(this); }
    void forget() { m_loop = nullptr; }

private:
    QEventLoop *m_loop; // of this thread
    const LoopInbox::Ptr m_inbox;
};

/// One run(): its event loop, and the call that this turns for.
class Run
{
public:
    Run(const std::function<RunCall()> &start, bool isReadyToLeave)
        : m_start(start)
        , m_isNested(QThread::currentThread()->loopLevel() > 0)
        , m_isReadyToLeave(isReadyToLeave)
        , m_inbox(LoopInbox::current())
    {
        if (!m_inbox)
            throw NoEventLoopError(QStringLiteral(
                    "run() was called in a thread whose event loop has ended for good. Call it "
                    "before that, not in a slot of QThread::finished()"));
        m_quitter.reset(new LoopQuitter(&m_loop, m_inbox));
    }
    ~Run()
    {
        m_quitter->forget();
        if (!m_isNested) // who waits for the thread's loop would wait until another one turns
            m_inbox->loopEnded();
    }
    Q_DISABLE_COPY_MOVE(Run)

    /// Returns when the call has ended, or the application or the thread quits.
    void exec()
    {
        const Blocked blocked(WorkerWait::Call);
        if (isMain() && !m_isNested)
            turnApplication();
        else
            turn();
    }

    /// The call, if it has ended with a value; else throws.
    CallPtr result() const
    {
        if (m_error)
            std::rethrow_exception(m_error);
        if (!m_running.call)
            throw LoopFinishedError(
                    QStringLiteral("The application quit before the function of run() began"));
        // That it was canceled is due to the quit, whichever of its parts came first.
        if (m_isQuitting && (!hasEnded() || m_running.end->outcome() == Outcome::Canceled))
            throw LoopFinishedError(
                    QStringLiteral("The application quit before the result of run() was there"));
        if (m_running.end->outcome() != Outcome::Value)
            throwOutcome(*m_running.end);
        return m_running.call;
    }

private:
    void turn()
    {
        // From inside the loop: what the function does belongs to it.
        QMetaObject::invokeMethod(
                &m_loop, [this] { begin(); }, Qt::QueuedConnection);
        m_isQuitting = m_loop.exec() != finishedCode;
        if (!m_isQuitting)
            return;
        if (m_isNested && !m_isReadyToLeave)
            turnOn();
        if (!m_running.call || hasEnded())
            return;
        m_running.call->cancel(QStringLiteral("the event loop that it ran in ended"));
        if (!m_isNested && !m_isReadyToLeave && !isMain() && isTask())
            turnOn(); // as the application does for those of the main thread
    }

    static bool isMain()
    {
        return QCoreApplication::instance()->thread() == QThread::currentThread();
    }
    bool isTask() const { return dynamic_cast<const ActiveTask *>(m_running.call.data()); }

    /// The loop inside of the application's, as QCoreApplication::quit() does nothing unless that
    /// runs. If nobody has quit, the application goes on, and must not say that it is about to.
    void turnApplication()
    {
        std::optional<QSignalBlocker> blocker;
        const auto turnInside = [this, &blocker] {
            tryToTurn();
            if (m_isQuitting)
                return;
            blocker.emplace(QCoreApplication::instance());
            QCoreApplication::exit();
        };
        QMetaObject::invokeMethod(&m_loop, turnInside, Qt::QueuedConnection);
        QCoreApplication::exec();
    }

    /// In an event, out of which nothing may be thrown.
    void tryToTurn()
    {
        try {
            turn();
        } catch (const std::bad_alloc &) {
            m_error = std::current_exception();
            m_isQuitting = false;
        }
    }

    void begin()
    {
        try {
            m_running = m_start();
        } catch (...) {
            m_error = std::current_exception();
            endLoop(m_loop);
            return;
        }
        m_running.call->observe();
        m_running.end->observe();
        m_quitter->ref.ref(); // until callFinished(), or what it posts, is done
        m_running.end->attach(m_quitter.data());
    }

    bool hasEnded() const { return m_error || (m_running.end && m_running.end->isFinished()); }

    /// Lets the call end. Not with exec(), which does nothing once the thread was told to quit.
    void turnOn()
    {
        const auto time = qMin(quitTimeout(), longestTurn);
        const QDeadlineTimer deadline(time);
        QTimer alarm; // ends the last wait
        alarm.start(time);
        while (!hasEnded() && !deadline.hasExpired())
            m_loop.processEvents(QEventLoop::WaitForMoreEvents);
    }

    const std::function<RunCall()> &m_start;
    const bool m_isNested; // in another event loop of the thread
    const bool m_isReadyToLeave;
    bool m_isQuitting = true; // unless the loop has said something else
    QEventLoop m_loop;
    const LoopInbox::Ptr m_inbox; // after the loop, which may be the thread's first
    QExplicitlySharedDataPointer<LoopQuitter> m_quitter;
    RunCall m_running;
    std::exception_ptr m_error;
};

} // namespace

CallPtr runUntilFinished(const std::function<RunCall()> &start, bool isReadyToLeave)
{
    if (!QCoreApplication::instance())
        throw NoEventLoopError(
                QStringLiteral("run() needs a QCoreApplication. Make one at the start of main()"));
    Run run(start, isReadyToLeave);
    run.exec();
    return run.result();
}

void requireContextOfRun(const QObject *context)
{
    if (!context || context->thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral(
                "The context of run() is null, or lives in another thread. Pass the object whose "
                "slot calls run(), in its thread"));
}

void throwContextOfRunGone()
{
    throw CanceledError(QStringLiteral("the object that it was to run for was destroyed"));
}

} // namespace QFerry::Detail
