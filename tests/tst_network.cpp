// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

#include <qferry/iodevice.h>
#include <qferry/network.h>

#include <QtCore/qtemporarydir.h>
#include <QtNetwork/qlocalserver.h>
#include <QtNetwork/qlocalsocket.h>
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

/// The two ends of a connection through a local server.
struct LocalPair
{
    LocalPair()
    {
        if (!server.listen(folder.filePath(u"server"_s)))
            qFatal("no local server");
        resultOf(connectToServer(socket, server.fullServerName()));
        if (!spinUntil([&] { return server.hasPendingConnections(); }))
            qFatal("no local connection");
        peer.reset(server.nextPendingConnection());
    }

    QTemporaryDir folder;
    QLocalServer server;
    QLocalSocket socket;
    std::unique_ptr<QLocalSocket> peer;
};

template <typename T>
bool endsTooSoon(const PendingCall<T> &call)
{
    try {
        resultOf(call);
    } catch (const DeviceError &error) {
        return error.reason() == DeviceError::Reason::EndOfStream;
    }
    return false;
}

using Line = std::optional<QByteArray>;

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
    void hostIsConnectedWrittenToAndRead();
    void hostThatRefusesIsAnError();
    void canceledConnectionIsAborted();
    void localSocketsTalk();
    void localServerThatIsMissingIsAnError();
    void endOfTheOtherSideIsSeen();
    void socketsAreKnownOnlyAsDevices();
    void socketIsToBeConnectedFirst();

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

// --- Sockets

static Task<QByteArray> ask(Server &server)
{
    QTcpSocket socket;
    socket.setProxy(QNetworkProxy::NoProxy);
    co_await connectToHost(socket, u"127.0.0.1"_s, server.serverPort());
    co_await writeAll(socket, "hello\n");
    const QByteArray size = co_await readUntil(socket, ";");
    const QByteArray body = co_await readExactly(socket, size.chopped(1).toInt());
    const Line line = co_await readLine(socket);
    const QByteArray rest = co_await readAll(socket);
    co_return body + '|' + line.value() + '|' + rest;
}

void tst_Network::hostIsConnectedWrittenToAndRead()
{
    Server server("4;body12\n3");
    QCOMPARE(resultOfTask(ask(server)), "body|12\n|3");
}

void tst_Network::hostThatRefusesIsAnError()
{
    quint16 port = 0;
    {
        const Server server({});
        port = server.serverPort();
    }
    QTcpSocket socket;
    socket.setProxy(QNetworkProxy::NoProxy);
    try {
        resultOf(connectToHost(socket, u"127.0.0.1"_s, port));
        QFAIL("no error");
    } catch (const SocketError &error) {
        QCOMPARE(error.code(), QAbstractSocket::ConnectionRefusedError);
    }
    QVERIFY(throws<DeviceError>([&] { resultOf(readLine(socket)); }));
}

void tst_Network::canceledConnectionIsAborted()
{
    const Server server({});
    QTcpSocket socket;
    socket.setProxy(QNetworkProxy::NoProxy);
    const auto call = connectToHost(socket, u"127.0.0.1"_s, server.serverPort());
    call.cancel();
    QVERIFY(isCanceledInTime(call));
    QCOMPARE(socket.state(), QAbstractSocket::UnconnectedState);

    CancelScope scope;
    scope.cancel();
    const auto none =
            scope.run([&] { return connectToHost(socket, u"127.0.0.1"_s, server.serverPort()); });
    QVERIFY(isCanceledInTime(none));
    QCOMPARE(socket.state(), QAbstractSocket::UnconnectedState);
}

void tst_Network::localSocketsTalk()
{
    LocalPair pair;
    const QByteArray large(1'000'000, 'x');
    const auto read = readExactly(*pair.peer, large.size());
    resultOf(writeAll(pair.socket, large));
    QCOMPARE(resultOf(read), large);
    const auto line = readLine(pair.socket);
    resultOf(writeAll(*pair.peer, "line\n"));
    QCOMPARE(resultOf(line), Line("line\n"));
}

void tst_Network::localServerThatIsMissingIsAnError()
{
    QLocalSocket socket;
    try {
        resultOf(connectToServer(socket, u"/no/such/server"_s));
        QFAIL("no error");
    } catch (const LocalSocketError &error) {
        QCOMPARE(error.code(), QLocalSocket::ServerNotFoundError);
    }
}

void tst_Network::endOfTheOtherSideIsSeen()
{
    LocalPair pair;
    const auto line = readLine(pair.socket);
    const auto bytes = readExactly(pair.socket, 10);
    pair.peer->write("one\ntwo");
    pair.peer->disconnectFromServer();
    QCOMPARE(resultOf(line), Line("one\n"));
    QVERIFY(endsTooSoon(bytes));
    QCOMPARE(resultOf(readLine(pair.socket)), Line("two")); // after the end
    QVERIFY(!resultOf(readLine(pair.socket)));
}

void tst_Network::socketsAreKnownOnlyAsDevices()
{
    LocalPair pair;
    QIODevice &device = pair.socket;
    const auto all = readAll(device);
    resultOf(writeAll<QIODevice>(*pair.peer, "abc"));
    pair.peer.reset();
    QCOMPARE(resultOf(all), "abc");
    QVERIFY(throws<DeviceError>([&] { resultOf(writeAll(pair.socket, "x")); }));

    QTcpSocket socket;
    socket.setProxy(QNetworkProxy::NoProxy);
    socket.connectToHost(u"127.0.0.1"_s, 1); // nobody listens there
    QVERIFY(throws<DeviceError>([&] { resultOf(writeAll<QIODevice>(socket, "x")); }));
}

void tst_Network::socketIsToBeConnectedFirst()
{
    const Server server({});
    QTcpSocket socket;
    socket.setProxy(QNetworkProxy::NoProxy);
    socket.connectToHost(u"127.0.0.1"_s, server.serverPort());
    QVERIFY(throws<InvalidUseError>([&] { (void)readLine(socket); }));
}

QTEST_GUILESS_MAIN(tst_Network)
#include "tst_network.moc"
