// SPDX-License-Identifier: MIT
// The model of what runs, as an element. The engine's thread.
#include "taskmonitor.h"

#include <qferryqml/warning_p.h>

namespace QFerry {

TaskMonitor::TaskMonitor(QObject *parent) : QIdentityProxyModel(parent)
{
    setSourceModel(&m_calls);
    connect(&m_calls, &CallsModel::activeChanged, this, &TaskMonitor::activeChanged);
    connect(&m_calls, &CallsModel::intervalChanged, this, &TaskMonitor::intervalChanged);
    connect(&m_calls, &CallsModel::stuckAfterChanged, this, &TaskMonitor::stuckAfterChanged);
    connect(&m_calls, &CallsModel::totalsChanged, this, &TaskMonitor::totalsChanged);
    connect(&m_calls, &CallsModel::limitersChanged, this, &TaskMonitor::limitersChanged);
    connect(&m_calls, &CallsModel::streamsChanged, this, &TaskMonitor::streamsChanged);
    connect(&m_calls, &CallsModel::portalsChanged, this, &TaskMonitor::portalsChanged);
    connect(&m_calls, &CallsModel::loopsChanged, this, &TaskMonitor::loopsChanged);
}

TaskMonitor::~TaskMonitor()
{
    disconnect(&m_calls, nullptr, this, nullptr); // the rest of this goes first
    setSourceModel(nullptr);
}

void TaskMonitor::setInterval(int milliseconds)
{
    if (milliseconds < 1)
        Detail::warn(this, QStringLiteral("interval must be at least 1. To look no more, set "
                                          "active to false"));
    else
        m_calls.setInterval(milliseconds);
}

void TaskMonitor::setStuckAfter(int milliseconds)
{
    if (milliseconds < 0)
        Detail::warn(this, QStringLiteral("stuckAfter must not be negative"));
    else
        m_calls.setStuckAfter(milliseconds);
}

} // namespace QFerry
