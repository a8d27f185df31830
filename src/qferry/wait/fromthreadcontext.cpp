// SPDX-License-Identifier: MIT
#include "fromthreadcontext.h"

#include <qferry/errors.h>

#include <QtCore/qthread.h>

namespace QFerry::Detail {

void checkContext(const QObject *context)
{
    if (!context)
        throw CanceledError(
                QStringLiteral("the object that a worker called back for was destroyed"));
    if (context->thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral(
                "fromThread() was given a context that does not live in the loop's thread, and so "
                "may go at any time. Pass the token of the loop where it lives"));
}

} // namespace QFerry::Detail
