// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

#include "counter.h"

template <>
QFerry::Task<> Counter::countLinesOf(QString fileName)
{
    m_lines += co_await QFerry::toThread([&] { return linesOf(fileName); });
}
