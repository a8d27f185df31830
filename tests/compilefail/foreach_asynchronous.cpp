// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

QFuture<void> save(const QString &line);

void wrong(QFerry::Stream<QString> &stream, QObject *context)
{
    stream.forEach(context, &save);
}
