// SPDX-License-Identifier: MIT
// Which watch an object has, and what its death and its moves do. Any thread; the death comes in
// that which destroys the object.
#include "objectwatch_p.h"

#include <qferry/loop/objectdeath_p.h>

#include <QtCore/qthread.h>

#include <unordered_map>
#include <utility>

namespace QFerry::Detail {

namespace {

struct Registry
{
    std::mutex mutex;
    std::unordered_map<const QObject *, ObjectWatch::Ptr> watches;
    std::atomic<quint64> deaths{ 0 }; // of watched objects: outdates what threads remember

    static Registry &instance()
    {
        static auto *registry = new Registry; // never destroyed: static objects may be contexts
        return *registry;
    }
};

} // namespace

ObjectWatch::Ptr ObjectWatch::of(QObject *object)
{
    struct Last
    {
        const QObject *object;
        ObjectWatch *watch; // lives as long as the object
        quint64 deaths;
    };
    static thread_local Last t_last = {};

    Registry &registry = Registry::instance();
    const quint64 deaths = registry.deaths.load(std::memory_order_acquire);
    if (t_last.object == object && t_last.deaths == deaths)
        return Ptr(t_last.watch);

    Ptr watch = known(object);
    if (!watch)
        watch = makeFor(object);
    t_last = { object, watch.data(), deaths };
    return watch;
}

ObjectWatch::Ptr ObjectWatch::known(const QObject *object)
{
    Registry &registry = Registry::instance();
    const std::lock_guard lock(registry.mutex);
    const auto it = registry.watches.find(object);
    return it == registry.watches.end() ? Ptr() : it->second;
}

/// Known to others once it will hear of the object's death, so that an address is not taken for
/// that of an object that has gone. Of two threads that come here, one makes it in vain.
ObjectWatch::Ptr ObjectWatch::makeFor(QObject *object)
{
    const Ptr made(new ObjectWatch(object));
    ObjectDeath death(object, [watch = made.data()] { watch->objectDied(); });
    LoopInbox::setCloseListener(&ObjectWatch::inboxCloses);
    Registry &registry = Registry::instance();
    try {
        Ptr watch;
        {
            const std::lock_guard lock(registry.mutex);
            watch = registry.watches.try_emplace(object, made).first->second;
        }
        if (watch != made)
            death.forget();
        return watch;
    } catch (const std::bad_alloc &) {
        death.forget();
        throw;
    }
}

void ObjectWatch::objectDied()
{
    const Ptr keepAlive(this);
    {
        Registry &registry = Registry::instance();
        const std::lock_guard lock(registry.mutex);
        registry.watches.erase(m_address);
        registry.deaths.fetch_add(1, std::memory_order_release);
    }
    {
        const std::lock_guard lock(mutex);
        m_object.store(nullptr, std::memory_order_seq_cst);
    }
    ObjectLook::waitForAll();
    for (;;) {
        CallPtr call;
        ObjectUser *user = nullptr;
        {
            const std::lock_guard lock(mutex);
            user = m_users.takeFirst();
            if (!user)
                return;
            call.reset(user->userCall());
        }
        user->contextDied();
    }
}

bool ObjectWatch::link(ObjectUser *user)
{
    QThread *thread = nullptr;
    {
        const std::lock_guard lock(mutex);
        const QObject *object = m_object.load(std::memory_order_relaxed);
        if (!object)
            return false;
        thread = object->thread();
        m_users.prepend(user);
    }
    const LoopInbox *home = m_home.load(std::memory_order_acquire);
    if (thread && (!home || home->thread() != thread || home->isClosed()))
        homeIn(thread);
    return true;
}

/// In no thread is, from then on, who has been moved there, and who was in one when it ended.
void ObjectWatch::inboxCloses(const LoopInbox &inbox)
{
    Registry &registry = Registry::instance();
    const std::lock_guard lock(registry.mutex);
    for (const auto &[object, watch] : registry.watches) {
        if (watch->m_home.load(std::memory_order_relaxed) == &inbox
            && watch->currentThread() == inbox.thread())
            watch->m_isStranded.store(true, std::memory_order_release);
    }
}

LoopInbox *ObjectWatch::homeIn(QThread *thread)
{
    LoopInbox::Ptr inbox = LoopInbox::of(thread); // connects, which may run foreign code
    LoopInbox *const home = inbox.data();
    const std::lock_guard lock(mutex);
    m_inboxes.push_back(std::move(inbox));
    m_home.store(home, std::memory_order_release);
    m_isStranded.store(false, std::memory_order_relaxed);
    return home;
}

namespace {
/// What waits with an object that lives in no thread: Qt keeps an event for it until it does.
struct Homeless
{
    explicit Homeless(InboxItem *waiting) : item(waiting) {}
    ~Homeless()
    {
        if (item)
            item->loopFinished();
    }
    Q_DISABLE_COPY_MOVE(Homeless)
    void arrive() { std::exchange(item, nullptr)->deliver(); }

    InboxItem *item;
};
} // namespace

void ObjectWatch::awaitHome(InboxItem *item)
{
    const auto homeless = std::make_shared<Homeless>(item); // told after the look, if it goes here
    const ObjectLook look;
    QObject *object = m_object.load(std::memory_order_seq_cst);
    if (object && !m_isStranded.load(std::memory_order_acquire))
        QMetaObject::invokeMethod(
                object, [homeless] { homeless->arrive(); }, Qt::QueuedConnection);
}

} // namespace QFerry::Detail
