// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

#include <qferry/network.h>

#include <QtNetwork/qnetworkaccessmanager.h>
#include <QtNetwork/qnetworkproxy.h>
#include <QtNetwork/qtcpserver.h>
#include <QtNetwork/qtcpsocket.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

/// A server on this machine that says the same to everybody.
class Server : public QTcpServer
{
public:
    explicit Server(QByteArray answer) : m_answer(std::move(answer))
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("no port of this machine to listen to");
        connect(this, &QTcpServer::newConnection, this, [this] {
            QTcpSocket *socket = nextPendingConnection();
            connect(socket, &QIODevice::readyRead, this, [this, socket] {
                if (m_answer.isEmpty())
                    return;
                socket->write(m_answer);
                socket->disconnectFromHost();
            });
            connect(socket, &QAbstractSocket::disconnected, this, [this] { ++left; });
        });
    }
    QNetworkRequest request() const
    {
        return QNetworkRequest(QUrl(u"http://127.0.0.1:%1/"_s.arg(serverPort())));
    }

    int left = 0; // clients that have gone

private:
    const QByteArray m_answer;
};

} // namespace

class tst_Network : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { m_manager.setProxy(QNetworkProxy::NoProxy); }
    void replyIsRead();
    void finishedReplyIsRead();
    void errorHasCodeAndStatus();
    void cancelAborts();
    void wrongUseIsNamed();

private:
    QNetworkAccessManager m_manager;
};

void tst_Network::replyIsRead()
{
    const Server server("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    QPointer<QNetworkReply> reply(m_manager.get(server.request()));
    QCOMPARE(resultOf(readAll(reply)), "hello");
    QVERIFY(spinUntil([&] { return !reply; }));
}

void tst_Network::finishedReplyIsRead()
{
    auto *reply = m_manager.get(QNetworkRequest(QUrl(u"data:text/plain,hello"_s)));
    QVERIFY(spinUntil([&] { return reply->isFinished(); }));
    QCOMPARE(resultOf(readAll(reply)), "hello");
}

void tst_Network::errorHasCodeAndStatus()
{
    const Server server("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    try {
        resultOf(readAll(m_manager.get(server.request())));
        QFAIL("no error");
    } catch (const NetworkError &error) {
        QCOMPARE(error.code(), QNetworkReply::ContentNotFoundError);
        QCOMPARE(error.httpStatus(), 404);
    }
}

void tst_Network::cancelAborts()
{
    const Server server({});
    QPointer<QNetworkReply> reply(m_manager.get(server.request()));
    const auto call = readAll(reply);
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QVERIFY(spinUntil([&] { return !reply; }));
}

void tst_Network::wrongUseIsNamed()
{
    QVERIFY(throws<InvalidUseError>([] { (void)readAll(nullptr); }));
}

QTEST_GUILESS_MAIN(tst_Network)
#include "tst_network.moc"
