// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

struct Fetcher
{
    int fetch(int retries);
};

void wrong(QString &other)
{
    (void)QFerry::threaded (&Fetcher::fetch)(other, 3);
}
