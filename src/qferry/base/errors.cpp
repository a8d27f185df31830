// SPDX-License-Identifier: MIT
// What the errors say, and where their types are at home. Any thread.
#include <qferry/errors.h>

namespace QFerry {

Error::Error(const QString &message) : std::runtime_error(message.toStdString()) {}

QString Error::message() const
{
    return QString::fromUtf8(what());
}

CanceledError::CanceledError(const QString &reason)
    : Error(reason.isEmpty() ? QStringLiteral("The call was canceled")
                             : QStringLiteral("The call was canceled: %1").arg(reason))
    , m_reason(reason)
{}

// Out of line, so that each class has one vtable and one type_info, whatever library throws it.
Error::~Error() = default;
NoEventLoopError::~NoEventLoopError() = default;
LoopFinishedError::~LoopFinishedError() = default;
CanceledError::~CanceledError() = default;
TimeoutError::~TimeoutError() = default;
ChannelClosedError::~ChannelClosedError() = default;
ChannelTimeoutError::~ChannelTimeoutError() = default;
PortalNotRunningError::~PortalNotRunningError() = default;
SenderDestroyedError::~SenderDestroyedError() = default;
ThreadStartError::~ThreadStartError() = default;
InvalidUseError::~InvalidUseError() = default;

} // namespace QFerry
