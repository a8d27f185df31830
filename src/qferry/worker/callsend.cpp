// SPDX-License-Identifier: MIT
// Counts calls down. The thread enters that waits; calls finish in any.
#include "callsend_p.h"

#include <qferry/thread/waiting_p.h>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qtimer.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace QFerry::Detail {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longestTurn = 24h; // timers cannot do much more

struct CallsEnd::Countdown
{
    void add(int change)
    {
        const std::lock_guard lock(mutex);
        left += change;
        if (left != 0)
            return;
        changed.notify_all();
        if (turning)
            turning->wakeUp();
    }
    bool isOver()
    {
        const std::lock_guard lock(mutex);
        return left == 0;
    }
    void setTurning(QAbstractEventDispatcher *dispatcher)
    {
        const std::lock_guard lock(mutex);
        turning = dispatcher;
    }

    std::mutex mutex;
    std::condition_variable changed;
    int left = 0;
    QAbstractEventDispatcher *turning = nullptr; // of who waits, if that one's loop turns
};

struct CallsEnd::CountedEnd final : Continuation
{
    explicit CountedEnd(std::shared_ptr<Countdown> countdown) : count(std::move(countdown))
    {
        count->add(1);
    }
    void callFinished() override
    {
        count->add(-1);
        delete this;
    }
    void deliver() override {}
    void loopFinished() override {}

    const std::shared_ptr<Countdown> count;
};

CallsEnd::CallsEnd() : d(std::make_shared<Countdown>()) {}

CallsEnd::~CallsEnd() = default;

void CallsEnd::expect(CallCore &call)
{
    call.attach(new CountedEnd(d)); // deletes itself
}

bool CallsEnd::waitUntil(Clock::time_point deadline)
{
    std::unique_lock lock(d->mutex);
    return Detail::waitUntil(lock, d->changed, deadline, [this] { return d->left == 0; });
}

/// Not with exec(), which does nothing once the thread was told to quit.
bool CallsEnd::turnUntil(Clock::time_point deadline)
{
    d->setTurning(QAbstractEventDispatcher::instance());
    QTimer alarm; // ends the last wait
    alarm.start(std::chrono::ceil<std::chrono::milliseconds>(
            std::clamp<Clock::duration>(deadline - Clock::now(), 0ms, longestTurn)));
    do {
        QCoreApplication::processEvents(QEventLoop::ExcludeUserInputEvents
                                        | QEventLoop::WaitForMoreEvents);
    } while (!d->isOver() && Clock::now() < deadline);
    d->setTurning(nullptr);
    return d->isOver();
}

} // namespace QFerry::Detail
