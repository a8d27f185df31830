// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <QtCore/qstring.h>

#include <stdexcept>

namespace QFerry {

/// Base of everything that QFerry throws. what() is UTF-8 and says what to do.
class QFERRY_EXPORT Error : public std::runtime_error
{
public:
    explicit Error(const QString &message);
    ~Error() override;

    /// what() as a QString.
    QString message() const;
};

/// The operation needs an event loop and there is none to use.
class QFERRY_EXPORT NoEventLoopError : public Error
{
public:
    using Error::Error;
    ~NoEventLoopError() override;
};

/// The event loop ended before it served the request.
class QFERRY_EXPORT LoopFinishedError : public Error
{
public:
    using Error::Error;
    ~LoopFinishedError() override;
};

/// The call, or a scope around it, was canceled. Let it leave the function: the call then ends
/// canceled.
class QFERRY_EXPORT CanceledError : public Error
{
public:
    explicit CanceledError(const QString &reason = {});
    ~CanceledError() override;

    /// What was given to cancel(); may be empty.
    QString reason() const { return m_reason; }

private:
    QString m_reason;
};

/// A deadline passed.
class QFERRY_EXPORT TimeoutError : public Error
{
public:
    using Error::Error;
    ~TimeoutError() override;
};

/// The channel is closed.
class QFERRY_EXPORT ChannelClosedError : public Error
{
public:
    using Error::Error;
    ~ChannelClosedError() override;
};

/// The channel had no room, or no item, in time.
class QFERRY_EXPORT ChannelTimeoutError : public TimeoutError
{
public:
    using TimeoutError::TimeoutError;
    ~ChannelTimeoutError() override;
};

/// The portal has not been started or has been stopped.
class QFERRY_EXPORT PortalNotRunningError : public Error
{
public:
    using Error::Error;
    ~PortalNotRunningError() override;
};

/// The object whose signal was awaited has been destroyed.
class QFERRY_EXPORT SenderDestroyedError : public Error
{
public:
    using Error::Error;
    ~SenderDestroyedError() override;
};

/// The system refused a thread.
class QFERRY_EXPORT ThreadStartError : public Error
{
public:
    using Error::Error;
    ~ThreadStartError() override;
};

/// A mistake in the calling program.
class QFERRY_EXPORT InvalidUseError : public Error
{
public:
    using Error::Error;
    ~InvalidUseError() override;
};

} // namespace QFerry
