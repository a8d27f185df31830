// SPDX-License-Identifier: MIT
#include <QtConcurrent/qtconcurrentrun.h>

#include <QtCore/qfile.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qobject.h>

class Counter : public QObject
{
public:
    void countLines(const QString &fileName)
    {
        auto *watcher = new QFutureWatcher<int>(this);
        connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
            m_lines += watcher->result();
            watcher->deleteLater();
        });
        watcher->setFuture(QtConcurrent::run([fileName] { return linesOf(fileName); }));
    }

private:
    static int linesOf(const QString &fileName)
    {
        QFile file(fileName);
        return file.open(QIODevice::ReadOnly) ? int(file.readAll().count('\n')) : 0;
    }

    int m_lines = 0;
};

void count(Counter &counter, const QString &fileName)
{
    counter.countLines(fileName);
}
