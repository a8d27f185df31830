// SPDX-License-Identifier: MIT
// The logging category, and who may log. Any thread.
#pragma once

#include <QtCore/qloggingcategory.h>

#include <exception>

namespace QFerry::Detail {

/// "qferry"
Q_DECLARE_LOGGING_CATEGORY(lcQFerry)

/// What an error says, for people.
QString describe(const std::exception_ptr &error);

/**
 * To be asked before anything is logged, and kept meanwhile. Not granted once the application that
 * there was has gone, or the process ends: threads may still run then, but what logs is being
 * destroyed.
 */
class LogPermit
{
public:
    LogPermit() noexcept;
    ~LogPermit();
    Q_DISABLE_COPY_MOVE(LogPermit)
    explicit operator bool() const { return m_isGranted; }

    /// The application goes, or another one begins. Waits for what is being logged.
    static void setGranted(bool isGranted);

private:
    const bool m_isGranted;
};

} // namespace QFerry::Detail
