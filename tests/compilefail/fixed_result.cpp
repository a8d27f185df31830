// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

struct Fixed
{
    Fixed() = default;
    Fixed(Fixed &&) = delete;
};

void wrong()
{
    QFerry::toThread([] { return Fixed(); });
}
