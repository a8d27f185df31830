// SPDX-License-Identifier: MIT
// The rows of CallsModel, and when it looks. The model's thread.
#pragma once

#include <qferry/model/callrow_p.h>

#include <QtCore/qtimer.h>

#include <optional>
#include <unordered_map>
#include <vector>

namespace QFerry::Detail {

/**
 * Looks at what runs, and tells the model's signals how its rows differ from that: as few as there
 * can be. Handlers may ask for another look meanwhile, which comes when this one is done.
 */
class CallsModelState
{
public:
    explicit CallsModelState(CallsModel *model);

    void setActive(bool active);
    bool isActive() const { return m_watch.has_value(); }
    /// Starts anew to wait for the next look.
    void restart();
    /// Afterwards, the model may be gone.
    void look();

    std::vector<CallRow> rows;
    int interval = 100;
    int stuckAfter = 5000;

    struct Totals
    {
        int waiting = 0;
        int running = 0;
        int stuck = 0;
        double progress = -1;
        int count = 0;
        friend bool operator==(const Totals &, const Totals &) = default;
    };
    Totals totals;
    ProgramInfo program; // but for the calls

private:
    using Clock = CallRow::Clock;
    using Infos = std::unordered_map<quint64, const CallInfo *>;

    // False if a handler has destroyed the model, and this with it.
    bool lookOnce();
    bool removeRows(const Infos &infos);
    bool updateRows(const Infos &infos, Clock::time_point now);
    bool tellChanged(CallRow::Change change, size_t from, size_t to);
    bool moveStuckRows(Clock::time_point now);
    bool moveRow(size_t from, size_t to);
    bool insertRows(const QList<CallInfo> &infos, Clock::time_point now);
    bool setTotals();
    template <typename T>
    bool setPart(QList<T> ProgramInfo::*part, QList<T> &&fresh, void (CallsModel::*changed)());

    CallsModel *const m_model;
    QTimer m_timer;
    std::optional<CallsWatch> m_watch; // while it is active
    std::chrono::nanoseconds m_lookTook{};
    bool m_isLooking = false;
    bool m_looksAgain = false;
};

} // namespace QFerry::Detail
