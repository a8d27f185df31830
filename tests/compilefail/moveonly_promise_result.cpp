// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

#include <memory>

void wrong()
{
    QFerry::toThread([](QPromise<std::unique_ptr<int>> &) {});
}
