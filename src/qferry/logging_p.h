// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qloggingcategory.h>

#include <exception>

namespace QFerry::Detail {

/// "qferry"
Q_DECLARE_LOGGING_CATEGORY(lcQFerry)

/// What an error says, for people.
QString describe(const std::exception_ptr &error);

} // namespace QFerry::Detail
