// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qfile.h>
#include <QtCore/qobject.h>

/// What all the files here have in common. Each defines one of the functions that are not here.
class Counter : public QObject
{
public:
    void countLines(const QString &fileName);
    template <typename Task>
    Task countLinesOf(QString fileName);

private:
    static int linesOf(const QString &fileName)
    {
        QFile file(fileName);
        return file.open(QIODevice::ReadOnly) ? int(file.readAll().count('\n')) : 0;
    }

    int m_lines = 0;
};
