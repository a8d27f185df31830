// SPDX-License-Identifier: MIT
#include <QtCore/qfile.h>
#include <QtCore/qobject.h>

class Counter : public QObject
{
public:
    void countLines(const QString &fileName) { m_lines += linesOf(fileName); }

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
