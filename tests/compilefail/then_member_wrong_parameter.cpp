// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

class Window : public QObject
{
public:
    void show(const QString &);
};

void wrong(const QFerry::PendingCall<int> &call, Window *window)
{
    call.then(window, &Window::show);
}
