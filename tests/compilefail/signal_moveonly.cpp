// SPDX-License-Identifier: MIT
#include <qferry/signal.h>

#include <memory>

class Sender : public QObject
{
public:
    void sent(const std::unique_ptr<int> &);
};

void use(Sender *sender)
{
    QFerry::signal(sender, &Sender::sent);
}
