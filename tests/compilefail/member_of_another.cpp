// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

class Window : public QObject
{
public:
    void show(int);
};

void wrong(const QFerry::PendingCall<int> &call, QObject *context)
{
    call.then(context, &Window::show);
}
