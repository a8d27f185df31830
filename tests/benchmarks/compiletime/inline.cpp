// SPDX-License-Identifier: MIT
#include "counter.h"

void Counter::countLines(const QString &fileName)
{
    m_lines += linesOf(fileName);
}
