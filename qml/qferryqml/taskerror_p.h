// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qvariant.h>

#include <exception>

namespace QFerry::Detail {

/// An error as QML sees it.
struct TaskError
{
    QString name; // of its type: "TimeoutError", "std::runtime_error"
    QString message;

    static TaskError of(const std::exception_ptr &error);
    static TaskError canceled(const QString &reason = {});

    /// { name, message }
    QVariantMap toMap() const;
};

} // namespace QFerry::Detail
