// SPDX-License-Identifier: MIT
// The life of what emissions() returns. The consumer's thread enters, but by connectionEnded() and
// fail(), which are entered by who emits, or destroys the sender.
#include "emissionscore.h"

#include <qferry/errors.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/loop/ownloop_p.h>

namespace QFerry::Detail {

static constexpr qsizetype unusedRing = 1; // the items are elsewhere

EmissionsCore::EmissionsCore(const QObject *sender, const EmissionsOptions &options)
    : ChannelCore(unusedRing), m_options(options), m_home(ownLoop())
{
    if (!m_home)
        throw NoEventLoopError(QStringLiteral(
                "emissions() must be called in the thread that takes them, which needs an event "
                "loop"));
    if (!sender)
        throw InvalidUseError(QStringLiteral("emissions() was given no object to listen to"));
    if (options.maxSize < 1)
        throw InvalidUseError(QStringLiteral("The maximum size of emissions() must be at least 1"));
}

EmissionsCore::~EmissionsCore() = default;

void EmissionsCore::begin(QMetaObject::Connection connection)
{
    if (!connection)
        throw InvalidUseError(QStringLiteral(
                "emissions() was given a member function that is not a signal of the sender's"));
    m_connection = std::move(connection);
    bind(m_home);
}

void EmissionsCore::connectionEnded()
{
    if (!isClosed())
        fail(std::make_exception_ptr(SenderDestroyedError(
                QStringLiteral("The object whose emissions were being taken has been destroyed, or "
                               "disconnected from everything"))));
}

void EmissionsCore::fail(std::exception_ptr error)
{
    {
        const std::lock_guard lock(m_mutex);
        if (isClosed() || m_error)
            return;
        m_error = std::move(error);
    }
    close();
}

void EmissionsCore::next(const ChannelTake::Ptr &take)
{
    try {
        requireCurrent("next()");
    } catch (const InvalidUseError &) {
        take->fail(std::current_exception());
        return;
    }
    startTake(take, {});
}

void EmissionsCore::stop()
{
    close();
    QObject::disconnect(std::exchange(m_connection, {}));
}

void EmissionsCore::leave()
{
    stop();
    unbind();
    endTakes();
}

void EmissionsCore::abandonConsumers()
{
    stop();
    endTakes();
}

void EmissionsCore::tellEnd(ChannelTake &take)
{
    if (isLoopFinished())
        take.endCanceled();
    else if (m_error && !m_isErrorTold.exchange(true, std::memory_order_seq_cst))
        take.failOnce(m_error);
    else
        take.receiveEnd();
}

// Nobody puts into it as into other channels.

void EmissionsCore::throwClosed() const
{
    throw ChannelClosedError(QStringLiteral("The emissions are closed"));
}

void EmissionsCore::throwLoopEnded() const
{
    throw LoopFinishedError(QStringLiteral("The event loop that takes the emissions has ended"));
}

} // namespace QFerry::Detail
