// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

struct Entry
{
    int size();
};

void wrong()
{
    QFerry::StreamModel<Entry> model({ { QString(), &Entry::size } });
}
