// SPDX-License-Identifier: MIT
// A row of CallsModel. The model's thread.
#pragma once

#include <qferry/callsmodel.h>

namespace QFerry::Detail {

/// A call, or task, as it was last looked at.
class CallRow
{
public:
    using Clock = CallInfo::Clock;

    CallRow(const CallInfo &info, Clock::time_point now);

    enum class Change : quint8 { None, Time, Any };
    /// What there is to be shown anew.
    Change update(const CallInfo &info, Clock::time_point now);
    /// True if it is stuck from now on.
    bool becomesStuck(Clock::time_point now, std::chrono::milliseconds after);

    const CallInfo &info() const { return m_info; }
    bool isStuck() const { return m_isStuck; }
    QVariant data(int role) const;
    QString text(int column) const;

private:
    QString stateText() const;
    QString timeText() const;

    CallInfo m_info;
    Clock::time_point m_askedSince; // to end; the clock's zero if it was not
    double m_seconds = -1;          // tenths of them
    bool m_isStuck = false;
};

} // namespace QFerry::Detail
