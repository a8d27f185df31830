// SPDX-License-Identifier: MIT
#include "callrow_p.h"

#include <qferry/model/sights_p.h>

#include <QtCore/qmetaobject.h>

#include <cmath>

namespace QFerry::Detail {

CallRow::CallRow(const CallInfo &info, Clock::time_point now)
{
    update(info, now);
}

CallRow::Change CallRow::update(const CallInfo &info, Clock::time_point now)
{
    if (info.cancelRequested && m_askedSince == Clock::time_point())
        m_askedSince = now;
    const double seconds = std::floor(info.seconds() * 10) / 10;
    const Change change = m_info != info         ? Change::Any
                          : seconds != m_seconds ? Change::Time
                                                 : Change::None;
    m_info = info;
    m_seconds = seconds;
    return change;
}

bool CallRow::becomesStuck(Clock::time_point now, std::chrono::milliseconds after)
{
    if (m_isStuck || !m_info.cancelRequested || !m_info.isRunning() || now - m_askedSince < after)
        return false;
    m_isStuck = true;
    return true;
}

/// Its key in QML.
template <typename Enum>
static QString keyOf(Enum value)
{
    return QString::fromLatin1(QMetaEnum::fromType<Enum>().valueToKey(int(value)));
}

QVariant CallRow::data(int role) const
{
    switch (role) {
    case CallsModel::IdRole:
        return m_info.id;
    case CallsModel::NameRole:
        return shownNameOf(m_info);
    case CallsModel::KindRole:
        return keyOf(m_info.kind);
    case CallsModel::StateRole:
        return keyOf(m_info.state);
    case CallsModel::StateTextRole:
        return stateText();
    case CallsModel::RunningRole:
        return m_info.isRunning();
    case CallsModel::CancelRequestedRole:
        return m_info.cancelRequested;
    case CallsModel::StuckRole:
        return m_isStuck;
    case CallsModel::ProgressRole:
        return m_info.progressShare();
    case CallsModel::ProgressTextRole:
        return m_info.progressText();
    case CallsModel::SecondsRole:
        return m_seconds;
    case CallsModel::LimiterRole:
        return m_info.limiter;
    case CallsModel::ThreadRole:
        return m_info.thread;
    case CallsModel::ThreadIdRole:
        return m_info.threadId;
    case CallsModel::OriginRole:
        return m_info.origin;
    default:
        return {};
    }
}

QString CallRow::stateText() const
{
    if (m_isStuck)
        return CallsModel::tr("stuck: asked to end, %1").arg(m_info.stateText());
    return m_info.cancelRequested ? CallsModel::tr("asked to end, %1").arg(m_info.stateText())
                                  : m_info.stateText();
}

QString CallRow::timeText() const
{
    if (m_seconds < 0)
        return {};
    const auto seconds = qint64(m_seconds);
    const QString text = seconds < 60 ? CallsModel::tr("%1 s").arg(m_seconds, 0, 'f', 1)
                                      : QStringLiteral("%1:%2")
                                                .arg(seconds / 60)
                                                .arg(seconds % 60, 2, 10, QLatin1Char('0'));
    return m_info.sinceEarlier ? CallsModel::tr("over %1").arg(text) : text;
}

QString CallRow::text(int column) const
{
    switch (column) {
    case CallsModel::NameColumn:
        return shownNameOf(m_info);
    case CallsModel::StateColumn:
        return stateText();
    case CallsModel::ProgressColumn: {
        const double share = m_info.progressShare();
        const QString percent =
                share < 0 ? QString() : CallsModel::tr("%1 %").arg(int(share * 100));
        return QStringList{ percent, m_info.progressText() }.join(u' ').trimmed();
    }
    case CallsModel::TimeColumn:
        return timeText();
    case CallsModel::LimiterColumn:
        return m_info.limiter;
    case CallsModel::ThreadColumn:
        return m_info.threadId ? QStringLiteral("%1 (%2)").arg(m_info.thread).arg(m_info.threadId)
                               : QString();
    default:
        return {};
    }
}

} // namespace QFerry::Detail
