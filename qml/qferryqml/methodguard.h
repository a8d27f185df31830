// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/global.h>

#include <QtCore/qglobal.h>

#include <memory>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace QFerry {

namespace Detail {
class MethodTarget;
} // namespace Detail

/**
 * Makes it safe to destroy an object while its methods run in workers, as ThreadTask's target: its
 * end cancels those that run and waits for them. Make it the last member, which goes first:
 *
 *     class Index : public QObject
 *     {
 *         Q_OBJECT
 *         Q_CLASSINFO("QFerry.ThreadSafe", "search")
 *     public:
 *         Q_INVOKABLE QStringList search(const QString &word) const; // calls checkCanceled()
 *
 *     private:
 *         const QStringList m_lines;
 *         QFerry::MethodGuard m_guard{ this };
 *     };
 *
 * A derived class whose methods may run has a guard of its own: the members of the one that is
 * destroyed first are gone before the base class's guard hears of it. A destructor whose body takes
 * away what methods use calls finish() first.
 *
 * A method that never looks whether it is canceled makes the end wait until it returns. One that
 * waits in fromThread() for the thread that destroys the object gets LoopFinishedError.
 *
 * Made, used and destroyed in the object's thread.
 */
class QFERRYQML_EXPORT MethodGuard
{
public:
    explicit MethodGuard(QObject *object);
    /// As finish().
    ~MethodGuard();
    Q_DISABLE_COPY_MOVE(MethodGuard)

    /// From now on runs of the object's methods fail with InvalidUseError; those that are under way
    /// are canceled and waited for. Again: does nothing.
    void finish();

private:
    const std::shared_ptr<Detail::MethodTarget> m_target;
};

} // namespace QFerry
