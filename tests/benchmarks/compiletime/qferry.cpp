// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

#include "counter.h"

void Counter::countLines(const QString &fileName)
{
    QFerry::toThread([fileName] { return linesOf(fileName); }).then(this, [this](int lines) {
        m_lines += lines;
    });
}
