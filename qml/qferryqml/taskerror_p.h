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
    QVariantMap details; // of an exception that is an ErrorDetails

    static TaskError of(const std::exception_ptr &error);
    static TaskError canceled(const QString &reason = {});

    /// { name, message }, and details if there are any.
    QVariantMap toMap() const;
};

} // namespace QFerry::Detail
