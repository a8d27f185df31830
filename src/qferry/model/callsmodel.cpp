// SPDX-License-Identifier: MIT
// What views ask of CallsModel. Its thread.
#include <qferry/callsmodel.h>

#include <qferry/errors.h>
#include <qferry/model/callsmodelstate_p.h>

namespace QFerry {

using Detail::CallRow;

CallsModel::CallsModel(QObject *parent)
    : QAbstractTableModel(parent), d(new Detail::CallsModelState(this))
{}

CallsModel::~CallsModel() = default;

bool CallsModel::isActive() const
{
    return d->isActive();
}

void CallsModel::setActive(bool active)
{
    if (active == isActive())
        return;
    d->setActive(active);
    Q_EMIT activeChanged();
}

int CallsModel::interval() const
{
    return d->interval;
}

void CallsModel::setInterval(int milliseconds)
{
    if (milliseconds < 1)
        throw InvalidUseError(QStringLiteral(
                "CallsModel::setInterval(): at least 1 ms. To look no more, setActive(false)"));
    if (milliseconds == d->interval)
        return;
    d->interval = milliseconds;
    d->restart();
    Q_EMIT intervalChanged();
}

int CallsModel::stuckAfter() const
{
    return d->stuckAfter;
}

void CallsModel::setStuckAfter(int milliseconds)
{
    if (milliseconds < 0)
        throw InvalidUseError(
                QStringLiteral("CallsModel::setStuckAfter(): the time must not be negative"));
    if (milliseconds == d->stuckAfter)
        return;
    d->stuckAfter = milliseconds;
    Q_EMIT stuckAfterChanged();
}

int CallsModel::waiting() const
{
    return d->totals.waiting;
}

int CallsModel::running() const
{
    return d->totals.running;
}

int CallsModel::stuck() const
{
    return d->totals.stuck;
}

double CallsModel::progress() const
{
    return d->totals.progress;
}

template <typename T>
static QVariantList listOf(const QList<T> &infos)
{
    QVariantList list;
    list.reserve(infos.size());
    for (const T &info : infos)
        list.append(QVariant::fromValue(info));
    return list;
}

QVariantList CallsModel::limiters() const
{
    return listOf(d->program.limiters);
}

QVariantList CallsModel::streams() const
{
    return listOf(d->program.streams);
}

QVariantList CallsModel::portals() const
{
    return listOf(d->program.portals);
}

QVariantList CallsModel::loops() const
{
    return listOf(d->program.loops);
}

CallInfo CallsModel::info(int row) const
{
    if (row < 0 || row >= rowCount())
        throw InvalidUseError(QStringLiteral("CallsModel::info(): there is no row %1").arg(row));
    return d->rows[size_t(row)].info();
}

bool CallsModel::cancel(quint64 id)
{
    return cancelCall(id);
}

bool CallsModel::cancelRow(int row)
{
    return row >= 0 && row < rowCount() && cancelCall(d->rows[size_t(row)].info().id);
}

void CallsModel::refresh()
{
    d->look();
}

int CallsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(d->rows.size());
}

int CallsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ThreadColumn + 1;
}

QVariant CallsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const CallRow &row = d->rows[size_t(index.row())];
    if (role == Qt::DisplayRole)
        return row.text(index.column());
    if (role == Qt::TextAlignmentRole && index.column() == TimeColumn)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    return row.data(role);
}

QVariant CallsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case NameColumn:
        return tr("Name");
    case StateColumn:
        return tr("State");
    case ProgressColumn:
        return tr("Progress");
    case TimeColumn:
        return tr("Time");
    case LimiterColumn:
        return tr("Limiter");
    case ThreadColumn:
        return tr("Thread");
    default:
        return {};
    }
}

QHash<int, QByteArray> CallsModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractTableModel::roleNames();
    names.insert({ { IdRole, "callId" },
                   { NameRole, "name" },
                   { KindRole, "kind" },
                   { StateRole, "callState" },
                   { StateTextRole, "stateText" },
                   { RunningRole, "running" },
                   { CancelRequestedRole, "cancelRequested" },
                   { StuckRole, "stuck" },
                   { ProgressRole, "progress" },
                   { ProgressTextRole, "progressText" },
                   { SecondsRole, "seconds" },
                   { LimiterRole, "limiter" },
                   { ThreadRole, "thread" },
                   { ThreadIdRole, "threadId" },
                   { OriginRole, "origin" } });
    return names;
}

} // namespace QFerry
