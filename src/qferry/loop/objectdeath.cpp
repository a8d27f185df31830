// SPDX-License-Identifier: MIT
// Any thread watches; the thread that destroys the object is told.
#include "objectdeath_p.h"

#include <qferry/thread/tsan_p.h>

#include <atomic>
#include <utility>

namespace QFerry::Detail {

struct ObjectDeath::Notice
{
    explicit Notice(std::function<void()> function) : told(std::move(function)) {}
    ~Notice()
    {
        if (isWanted.load(std::memory_order_acquire))
            told();
    }
    Q_DISABLE_COPY_MOVE(Notice)

    const std::function<void()> told;
    std::atomic<bool> isWanted{ false };
};

namespace {
/// What the connection keeps.
struct Kept
{
    ~Kept() { tsanAcquire(); } // before it looks at the notice
    void operator()() const {}
    std::shared_ptr<void> notice;
};
} // namespace

static QObject *sender()
{
    static auto *sender = new QObject; // never destroyed: static objects may be watched
    return sender;
}

ObjectDeath::ObjectDeath(QObject *object, std::function<void()> told)
{
    const auto notice = std::make_shared<Notice>(std::move(told));
    m_notice = notice;
    m_connection = QObject::connect(sender(), &QObject::destroyed, object, Kept{ notice },
                                    Qt::DirectConnection);
    tsanRelease();
    notice->isWanted.store(true, std::memory_order_release);
}

void ObjectDeath::forget()
{
    if (const auto notice = m_notice.lock())
        notice->isWanted.store(false, std::memory_order_release);
    QObject::disconnect(m_connection);
}

} // namespace QFerry::Detail
