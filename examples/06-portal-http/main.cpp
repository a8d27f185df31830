// SPDX-License-Identifier: MIT
// Blocking code in worker threads shares one QNetworkAccessManager, which lives in a portal's loop.

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QTcpServer>
#include <QTcpSocket>

#include <atomic>
#include <thread>

/// Answers GET requests on 127.0.0.1, in the thread that it lives in.
class Server : public QTcpServer
{
public:
    Server()
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection())
                connect(socket, &QTcpSocket::readyRead, this, [socket] { answer(socket); });
        });
        if (!listen(QHostAddress::LocalHost))
            throw std::runtime_error(errorString().toStdString());
    }

private:
    static void answer(QTcpSocket *socket)
    {
        while (socket->canReadLine()) {
            const QByteArray line = socket->readLine().trimmed();
            if (line.startsWith("GET "))
                socket->setProperty("path", line.split(' ').value(1));
            else if (line.isEmpty())
                reply(socket, socket->property("path").toByteArray());
        }
    }
    static void reply(QTcpSocket *socket, const QByteArray &path)
    {
        const bool isKnown = path.startsWith("/page/");
        const QByteArray body = isKnown ? "This is " + path : "Nothing here";
        socket->write(isKnown ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n");
        socket->write("Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    }
};

/// A blocking HTTP client for any number of threads. Its loop, with all connections, is a portal's.
class Client
{
public:
    Client()
    {
        m_portal.call([this] { m_manager = std::make_unique<QNetworkAccessManager>(); });
    }
    ~Client()
    {
        m_portal.call([this] { m_manager.reset(); });
    }

    /// Any thread but the portal's: waits for the page, throws what went wrong.
    QByteArray get(const QUrl &url) { return m_portal.call(&Client::fetch, this, url); }

private:
    /// In the portal's loop.
    QFuture<QByteArray> fetch(const QUrl &url)
    {
        QNetworkReply *reply = m_manager->get(QNetworkRequest(url));
        return QtFuture::connect(reply, &QNetworkReply::finished).then([reply] {
            reply->deleteLater();
            if (reply->error() != QNetworkReply::NoError)
                throw std::runtime_error(reply->errorString().toStdString());
            return reply->readAll();
        });
    }

    QFerry::StartedPortal m_portal = QFerry::startBlockingPortal("http");
    std::unique_ptr<QNetworkAccessManager> m_manager; // of the portal's thread
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    // The server has a portal, too, and so a loop of its own; its task says on what port it
    // listens.
    auto serving = QFerry::startBlockingPortal("server");
    std::unique_ptr<Server> server;
    const auto started = serving.startTask([&server](QFerry::TaskStatus<quint16> &status) {
        server = std::make_unique<Server>();
        status.started(server->serverPort());
    });
    const QString site = QStringLiteral("http://127.0.0.1:%1").arg(started.value);

    Client client;
    std::atomic<int> pages = 0;
    std::atomic<qint64> bytes = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int n = 0; n < 25; ++n) {
                const QString path = QStringLiteral("/page/%1/%2").arg(i).arg(n);
                const QByteArray page = client.get(QUrl(site + path));
                if (page == "This is " + path.toUtf8())
                    ++pages;
                bytes += page.size();
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    qInfo("8 threads got %d pages, %lld bytes, by one QNetworkAccessManager", pages.load(),
          static_cast<long long>(bytes.load()));

    try {
        client.get(QUrl(site + QStringLiteral("/elsewhere")));
    } catch (const std::runtime_error &error) {
        qInfo("and an error: %s", error.what());
    }
    serving.call([&server] { server.reset(); });
    return pages == 200 ? 0 : 1;
}
