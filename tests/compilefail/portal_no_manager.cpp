// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

struct Blocking
{
    int asyncEnter() { return 1; }
    bool asyncExit(std::exception_ptr) { return false; }
};

void wrong(QFerry::BlockingPortal &portal)
{
    (void)portal.wrapAsyncContextManager(Blocking());
}
