// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/callcore.h>

#include <functional>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace QFerry::Detail {

/// PendingCall::onProgress()
QFERRY_EXPORT void listenToProgress(CallCore &call, QObject *context,
                                    std::function<void(const Progress &)> handler);

} // namespace QFerry::Detail
