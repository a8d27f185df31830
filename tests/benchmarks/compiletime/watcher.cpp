// SPDX-License-Identifier: MIT
#include <QtConcurrent/qtconcurrentrun.h>
#include <QtCore/qfuturewatcher.h>

#include "counter.h"

void Counter::countLines(const QString &fileName)
{
    auto *watcher = new QFutureWatcher<int>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
        m_lines += watcher->result();
        watcher->deleteLater();
    });
    watcher->setFuture(QtConcurrent::run([fileName] { return linesOf(fileName); }));
}
