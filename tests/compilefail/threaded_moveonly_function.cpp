// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

void wrong()
{
    const auto once = QFerry::threaded([item = std::make_unique<int>(1)] { return *item; });
    (void)once();
}
