// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::Stream<QString> &stream, QObject *context)
{
    stream.forEachBatch(context, [](const QString &) {});
}
