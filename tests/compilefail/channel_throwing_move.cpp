// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

struct Fragile
{
    Fragile(Fragile &&) noexcept(false);
};

void wrong()
{
    QFerry::FromThreadChannel<Fragile> channel;
}
