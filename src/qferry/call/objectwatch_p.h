// SPDX-License-Identifier: MIT
// Where a QObject lives, asked in any thread.
#pragma once

#include <qferry/call/objectuser.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/loop/objectlook_p.h>

#include <QtCore/qpointer.h>
#include <QtCore/qthread.h>

#include <vector>

namespace QFerry::Detail {

/**
 * What is known of a QObject that things are done for: whether it lives, in which thread, and what
 * to end if it dies.
 *
 * Any thread may ask, also while the object dies or moves. Its death takes object from the watch,
 * under the mutex, and then waits for all who look at it at the moment (ObjectLook).
 */
class ObjectWatch final : public QSharedData
{
public:
    using Ptr = QExplicitlySharedDataPointer<ObjectWatch>;

    /// The watch of a living object; made on first use.
    static Ptr of(QObject *object);

    /// False once the object is gone. The user's call lives until it is unlinked.
    bool link(ObjectUser *user);
    /// Under the mutex. False if it was not linked.
    static bool unlink(ObjectUser *user)
    {
        const bool wasLinked = user->isLinked();
        if (wasLinked)
            user->unlink();
        return wasLinked;
    }

    /// The inbox of the thread that the object lives in now, kept by this. Null if the object is
    /// gone, or lives in no thread, or in `left`.
    LoopInbox *home(const QThread *left = nullptr)
    {
        QThread *const thread = currentThread();
        if (!thread || thread == left)
            return nullptr;
        LoopInbox *home = m_home.load(std::memory_order_acquire);
        return Q_LIKELY(home && home->thread() == thread) ? home : homeIn(thread);
    }
    /// The same for an item that has found no home: delivers it in the object's thread, once that
    /// has one; loopFinished() if the object is gone, or goes, or has lost its thread by the end of
    /// that.
    void awaitHome(InboxItem *item);
    /// Under the mutex: whether the object lives, but in another thread than the running one.
    bool isElsewhere() const
    {
        const QObject *object = m_object.load(std::memory_order_relaxed);
        return object && object->thread() != QThread::currentThread();
    }
    /// In the object's thread: whether ~QObject() has begun.
    bool isDying() const { return m_weak.isNull(); }

    BriefLock mutex;

private:
    explicit ObjectWatch(QObject *watched) : m_object(watched), m_address(watched), m_weak(watched)
    {}
    /// That the object lives in; null if it has gone.
    QThread *currentThread() const
    {
        const ObjectLook look;
        const QObject *object = m_object.load(std::memory_order_seq_cst);
        return object ? object->thread() : nullptr;
    }
    static Ptr known(const QObject *object);
    static Ptr makeFor(QObject *object);
    LoopInbox *homeIn(QThread *thread);
    void objectDied();
    static void inboxCloses(const LoopInbox &inbox);

    std::atomic<QObject *> m_object; // null once it is gone
    const QObject *const m_address;
    const QPointer<QObject> m_weak;
    LinkedList<ObjectUser> m_users; // guarded by the mutex
    std::atomic<LoopInbox *> m_home{ nullptr };
    std::atomic<bool> m_isStranded{ false }; // its thread has ended with it
    // of all threads that it has been in. Guarded by the mutex
    std::vector<LoopInbox::Ptr> m_inboxes;
};

} // namespace QFerry::Detail
