// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

class Window : public QObject
{
public:
    void complain(const std::exception &);
};

void wrong(const QFerry::PendingCall<void> &call, QObject *context)
{
    call.onFailed(context, &Window::complain);
}
