// SPDX-License-Identifier: MIT
#include "capacitylimiterobject.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qpointer.h>
#include <QtQml/qqmlinfo.h>

namespace QFerry {

namespace {
// A limiter does not tell of its changes: it is at the heart of every call.
constexpr int frameMilliseconds = 16;
constexpr int idleMilliseconds = 100;
} // namespace

CapacityLimiterObject::CapacityLimiterObject(QObject *parent)
    : QObject(parent), m_own(new CapacityLimiter(1)), m_limiter(m_own.get()), m_shown(figures())
{}

CapacityLimiterObject::CapacityLimiterObject(CapacityLimiter *shown, QObject *parent)
    : QObject(parent), m_limiter(shown), m_shown(figures())
{}

CapacityLimiterObject::~CapacityLimiterObject() = default;

void CapacityLimiterObject::setTotalTokens(int totalTokens)
{
    try {
        m_limiter->setTotalTokens(totalTokens);
    } catch (const InvalidUseError &error) {
        qmlWarning(this) << error.message();
    }
    look();
}

void CapacityLimiterObject::setName(const QString &name)
{
    if (name == this->name())
        return;
    m_limiter->setName(name);
    Q_EMIT nameChanged();
}

CapacityLimiterObject::Figures CapacityLimiterObject::figures() const
{
    return { totalTokens(), borrowedTokens(), availableTokens(), waiting() };
}

void CapacityLimiterObject::look()
{
    const QPointer<CapacityLimiterObject> alive(this);
    const Figures before = m_shown;
    m_shown = figures();
    const Figures now = m_shown;
    if (now.total != before.total)
        Q_EMIT totalTokensChanged();
    if (alive && now.borrowed != before.borrowed)
        Q_EMIT borrowedTokensChanged();
    if (alive && now.available != before.available)
        Q_EMIT availableTokensChanged();
    if (alive && now.waiting != before.waiting)
        Q_EMIT waitingChanged();
}

bool CapacityLimiterObject::isWatched() const
{
    using Self = CapacityLimiterObject;
    return isSignalConnected(QMetaMethod::fromSignal(&Self::totalTokensChanged))
           || isSignalConnected(QMetaMethod::fromSignal(&Self::borrowedTokensChanged))
           || isSignalConnected(QMetaMethod::fromSignal(&Self::availableTokensChanged))
           || isSignalConnected(QMetaMethod::fromSignal(&Self::waitingChanged));
}

void CapacityLimiterObject::connectNotify(const QMetaMethod &signal)
{
    if (signal != QMetaMethod::fromSignal(&QObject::destroyed) && !m_look.isActive())
        m_look.start(m_interval = frameMilliseconds, this);
}

void CapacityLimiterObject::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_look.timerId())
        return;
    if (!isWatched()) {
        m_look.stop();
        return;
    }
    const int wanted = figures() == m_shown ? idleMilliseconds : frameMilliseconds;
    if (wanted != m_interval)
        m_look.start(m_interval = wanted, this);
    look();
}

} // namespace QFerry
