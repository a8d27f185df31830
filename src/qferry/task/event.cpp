// SPDX-License-Identifier: MIT
// Event. Any thread.
#include <qferry/event.h>

#include <qferry/task/queuedcall.h>

namespace QFerry {

namespace Detail {

class EventState final : public WaitQueue
{
public:
    bool isSet() const { return m_isSet.load(std::memory_order_acquire); }

    void set()
    {
        const QExplicitlySharedDataPointer keepAlive(this); // who waited may destroy the event
        m_isSet.store(true, std::memory_order_release);
        while (const QueuedCallPtr call = takeNext())
            call->pass();
    }

private:
    bool letPass() override { return isSet(); }
    QueuedCallPtr takeNext()
    {
        const std::lock_guard lock(m_mutex);
        return takeFirst();
    }

    std::atomic<bool> m_isSet{ false };
};

} // namespace Detail

Event::Event() : d(new Detail::EventState) {}

Event::~Event()
{
    d->endAll(QStringLiteral("the event that it waited for was destroyed"));
}

void Event::set()
{
    d->set();
}

bool Event::isSet() const
{
    return d->isSet();
}

PendingCall<void> Event::wait()
{
    const Detail::QueuedCallPtr call(new Detail::QueuedCall(d.data()));
    call->begin();
    return PendingCall<void>(Detail::CallPtr(call.data()));
}

} // namespace QFerry
