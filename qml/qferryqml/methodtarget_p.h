// SPDX-License-Identifier: MIT
// An object whose methods run in workers, as these know it: whether it lives, and who is inside of
// it. The object's thread makes and finishes it; workers enter and leave.
#pragma once

#include <qferry/call/scopestate.h>
#include <qferry/context.h>

#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace QFerry::Detail {

/// There is one for each object, which all that use it as their target share, and its MethodGuard.
class MethodTarget : public std::enable_shared_from_this<MethodTarget>
{
public:
    using Ptr = std::shared_ptr<MethodTarget>;

    /// In the object's thread.
    static Ptr of(QObject *object);
    ~MethodTarget();
    Q_DISABLE_COPY_MOVE(MethodTarget)

    /// Any thread; null once it is gone, or finish() was called. That it is destroyed a moment
    /// later is what a MethodGuard prevents.
    QObject *object() const;
    /// Keeps methods from beginning; cancels those that run, and waits for them.
    void finish();

    /// A method that runs, on its worker's stack and in a cancel scope of its own.
    class Run
    {
    public:
        /// Throws InvalidUseError if the object is gone.
        Run(Ptr target, const QString &method);
        ~Run();
        Q_DISABLE_COPY_MOVE(Run)

        QObject *object() const { return m_object; }

    private:
        friend class MethodTarget;
        const Ptr m_target;
        const QString m_method; // "Class.method"
        const std::thread::id m_thread = std::this_thread::get_id();
        const ScopeState::Ptr m_scope;
        ContextFrame m_frame;
        QObject *m_object = nullptr;
    };

private:
    explicit MethodTarget(QObject *object) : m_key(object), m_object(object) {}
    void watch();
    QObject *enter(Run *run);
    void leave(Run *run);
    void objectDied();
    void cancelRuns();
    bool isUsedByOthers() const;

    QObject *const m_key; // to find it by; perhaps gone
    // Asked whenever a method begins or has ended: disconnect() on the object takes connections away.
    const QPointer<QObject> m_object;
    QMetaObject::Connection m_death; // for the message alone, which should come before the crash
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Run *> m_runs; // this and the rest: guarded by the mutex
    bool m_isFinished = false;
    bool m_isDeathTold = false;
};

} // namespace QFerry::Detail
