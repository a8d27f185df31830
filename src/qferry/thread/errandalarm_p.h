// SPDX-License-Identifier: MIT
// Alarms after which foreign code may run. The alarm thread rings them, a thread for errands goes
// on.
#pragma once

#include <qferry/thread/alarm_p.h>
#include <qferry/thread/errands_p.h>

#include <functional>

namespace QFerry::Detail {

/// Calls `rang`, a function of T, for an object that is counted, and has the alarm cleared before
/// it goes. If there is no thread for that, a little later.
template <typename T, auto rang>
class ErrandAlarm final : public Alarm
{
public:
    explicit ErrandAlarm(T *object) : m_object(object) {}
    ~ErrandAlarm() override { clear(); }

protected:
    void ring() override
    {
        const auto due = unlessGoing(m_object);
        if (due && !runErrand([due] { std::invoke(rang, *due); }))
            set(Clock::now() + errandDelay);
    }

private:
    T *const m_object;
};

} // namespace QFerry::Detail
