// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

QFerry::Task<int> answer();

QFerry::Task<int> wrong()
{
    QFerry::Task<int> task = answer();
    co_return co_await task;
}
