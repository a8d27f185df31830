// SPDX-License-Identifier: MIT
#include <QtConcurrent/qtconcurrentrun.h>

#include "counter.h"

void Counter::countLines(const QString &fileName)
{
    QtConcurrent::run([fileName] { return linesOf(fileName); }).then(this, [this](int lines) {
        m_lines += lines;
    });
}
