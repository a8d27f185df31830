// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(int &number)
{
    QFerry::toThread([](int &n) { ++n; }, number);
}
