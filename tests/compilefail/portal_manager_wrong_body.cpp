// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

struct Manager
{
    QFuture<int> asyncEnter() { return QtFuture::makeReadyFuture(1); }
    QFuture<bool> asyncExit(std::exception_ptr) { return QtFuture::makeReadyFuture(false); }
};

void wrong(QFerry::BlockingPortal &portal)
{
    portal.wrapAsyncContextManager(Manager()).run([](const QString &) {});
}
