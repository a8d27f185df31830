// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

QFerry::Task<> wrong()
{
    co_await QFerry::taskGroup([](QFerry::TaskGroup &) {});
}
