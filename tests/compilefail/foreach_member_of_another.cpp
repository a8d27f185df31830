// SPDX-License-Identifier: MIT
#include <qferry/qferry.h>

class Window : public QObject
{
public:
    void show(int);
};

void wrong(QFerry::Stream<int> &stream, QObject *context)
{
    stream.forEach(context, &Window::show);
}
