// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong(QFerry::Stream<int> &stream)
{
    stream.forEach([](int) {});
}
