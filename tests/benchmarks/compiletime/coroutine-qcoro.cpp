// SPDX-License-Identifier: MIT
#include <QCoro/QCoroFuture>
#include <QCoro/QCoroTask>
#include <QtConcurrent/qtconcurrentrun.h>

#include "counter.h"

template <>
QCoro::Task<> Counter::countLinesOf(QString fileName)
{
    m_lines += co_await QtConcurrent::run([&] { return linesOf(fileName); });
}
