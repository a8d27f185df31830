// SPDX-License-Identifier: MIT
#include "callsmodelstate_p.h"

#include <QtCore/qpointer.h>

#include <algorithm>
#include <unordered_set>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {
constexpr int idleFactor = 4; // so much less often while there is nothing to show
constexpr int leastRest = 10; // so many times as long as a look took, until the next
} // namespace

CallsModelState::CallsModelState(CallsModel *model) : m_model(model), m_timer(model)
{
    m_timer.setSingleShot(true);
    QObject::connect(&m_timer, &QTimer::timeout, model, [this] { look(); });
    setActive(true);
}

void CallsModelState::setActive(bool active)
{
    if (!active) {
        m_watch.reset();
        m_timer.stop();
        return;
    }
    m_watch.emplace();
    m_timer.start(0);
}

void CallsModelState::restart()
{
    if (!isActive())
        return;
    const auto usual = std::chrono::milliseconds(rows.empty() ? interval * idleFactor : interval);
    m_timer.start(
            std::max(usual, std::chrono::ceil<std::chrono::milliseconds>(m_lookTook * leastRest)));
}

void CallsModelState::look()
{
    if (m_isLooking) {
        m_looksAgain = true;
        return;
    }
    m_isLooking = true;
    if (!lookOnce())
        return;
    m_isLooking = false;
    restart();
    if (std::exchange(m_looksAgain, false))
        m_timer.start(0);
}

bool CallsModelState::lookOnce()
{
    const auto began = Clock::now();
    ProgramInfo fresh = programSnapshot();
    const auto now = Clock::now();
    m_lookTook = now - began;
    Infos infos;
    for (const CallInfo &info : std::as_const(fresh.calls))
        infos.emplace(info.id, &info);
    return removeRows(infos) && updateRows(infos, now) && insertRows(fresh.calls, now)
           && moveStuckRows(now) && setTotals()
           && setPart(&ProgramInfo::limiters, std::move(fresh.limiters),
                      &CallsModel::limitersChanged)
           && setPart(&ProgramInfo::streams, std::move(fresh.streams), &CallsModel::streamsChanged)
           && setPart(&ProgramInfo::portals, std::move(fresh.portals), &CallsModel::portalsChanged)
           && setPart(&ProgramInfo::loops, std::move(fresh.loops), &CallsModel::loopsChanged);
}

/// Those that have ended: from the last on, as many in one as lie side by side.
bool CallsModelState::removeRows(const Infos &infos)
{
    const QPointer<CallsModel> guard(m_model);
    const auto hasEnded = [&](size_t row) { return !infos.contains(rows[row].info().id); };
    for (size_t end = rows.size(); end > 0; --end) {
        if (!hasEnded(end - 1))
            continue;
        size_t begin = end - 1;
        while (begin > 0 && hasEnded(begin - 1))
            --begin;
        m_model->beginRemoveRows({}, int(begin), int(end) - 1);
        rows.erase(rows.begin() + ptrdiff_t(begin), rows.begin() + ptrdiff_t(end));
        m_model->endRemoveRows();
        if (!guard)
            return false;
        end = begin + 1;
    }
    return true;
}

bool CallsModelState::updateRows(const Infos &infos, Clock::time_point now)
{
    size_t from = 0;
    auto change = CallRow::Change::None;
    for (size_t row = 0; row < rows.size(); ++row) {
        const auto next = rows[row].update(*infos.at(rows[row].info().id), now);
        if (next == change)
            continue;
        if (!tellChanged(change, from, row))
            return false;
        change = next;
        from = row;
    }
    return tellChanged(change, from, rows.size());
}

bool CallsModelState::tellChanged(CallRow::Change change, size_t from, size_t to)
{
    if (from == to || change == CallRow::Change::None)
        return true;
    const QPointer<CallsModel> guard(m_model);
    const QList<int> roles = change == CallRow::Change::Time
                                     ? QList<int>{ Qt::DisplayRole, CallsModel::SecondsRole }
                                     : QList<int>();
    Q_EMIT m_model->dataChanged(m_model->index(int(from), 0),
                                m_model->index(int(to) - 1, m_model->columnCount() - 1), roles);
    return guard;
}

bool CallsModelState::insertRows(const QList<CallInfo> &infos, Clock::time_point now)
{
    std::unordered_set<quint64> known;
    for (const CallRow &row : rows)
        known.insert(row.info().id);
    std::vector<CallRow> fresh;
    for (const CallInfo &info : infos) {
        if (known.insert(info.id).second)
            fresh.emplace_back(info, now);
    }
    if (fresh.empty())
        return true;
    std::sort(fresh.begin(), fresh.end(),
              [](const CallRow &a, const CallRow &b) { return a.info().id < b.info().id; });
    const QPointer<CallsModel> guard(m_model);
    m_model->beginInsertRows({}, int(rows.size()), int(rows.size() + fresh.size()) - 1);
    rows.insert(rows.end(), fresh.begin(), fresh.end());
    m_model->endInsertRows();
    return guard;
}

/// To the end of those that are there already.
bool CallsModelState::moveStuckRows(Clock::time_point now)
{
    size_t place = 0;
    while (place < rows.size() && rows[place].isStuck())
        ++place;
    for (size_t row = place; row < rows.size(); ++row) {
        if (!rows[row].becomesStuck(now, std::chrono::milliseconds(stuckAfter)))
            continue;
        if (!moveRow(row, place) || !tellChanged(CallRow::Change::Any, place, place + 1))
            return false;
        ++place;
    }
    return true;
}

bool CallsModelState::moveRow(size_t from, size_t to)
{
    if (from == to)
        return true;
    const QPointer<CallsModel> guard(m_model);
    m_model->beginMoveRows({}, int(from), int(from), {}, int(to));
    const auto first = rows.begin();
    std::rotate(first + ptrdiff_t(to), first + ptrdiff_t(from), first + ptrdiff_t(from) + 1);
    m_model->endMoveRows();
    return guard;
}

bool CallsModelState::setTotals()
{
    Totals fresh;
    double sum = 0;
    int known = 0;
    for (const CallRow &row : rows) {
        ++(row.info().isRunning() ? fresh.running : fresh.waiting);
        fresh.stuck += row.isStuck();
        if (const double share = row.info().progressShare(); share >= 0) {
            sum += share;
            ++known;
        }
    }
    fresh.count = int(rows.size());
    if (known > 0)
        fresh.progress = sum / known;
    if (fresh == totals)
        return true;
    totals = fresh;
    const QPointer<CallsModel> guard(m_model);
    Q_EMIT m_model->totalsChanged();
    return guard;
}

template <typename T>
bool CallsModelState::setPart(QList<T> ProgramInfo::*part, QList<T> &&fresh,
                              void (CallsModel::*changed)())
{
    if (program.*part == fresh)
        return true;
    program.*part = std::move(fresh);
    const QPointer<CallsModel> guard(m_model);
    Q_EMIT(m_model->*changed)();
    return guard;
}

} // namespace QFerry::Detail
