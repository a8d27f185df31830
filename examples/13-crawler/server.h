// SPDX-License-Identifier: MIT
#pragma once

#include <QHash>
#include <QTcpServer>
#include <QTcpSocket>

/// A site on 127.0.0.1: 200 pages, each linking to two further ones and the one before. Some
/// are missing, broken, overloaded at first, or never answer. Lives in the loop that it is made in.
class Server : public QTcpServer
{
public:
    Server()
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection()) {
                connect(socket, &QTcpSocket::readyRead, this, [=, this] { read(socket); });
                connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            }
        });
        if (!listen(QHostAddress::LocalHost))
            throw std::runtime_error(errorString().toStdString());
    }

private:
    static constexpr int pageCount = 200;

    void read(QTcpSocket *socket)
    {
        while (socket->canReadLine()) {
            const QByteArray line = socket->readLine().trimmed();
            if (line.startsWith("GET /page/"))
                socket->setProperty("page", line.mid(10).split(' ').value(0).toInt());
            else if (line.isEmpty())
                answer(socket, socket->property("page").toInt());
        }
    }

    void answer(QTcpSocket *socket, int page)
    {
        if (page < 1 || page > pageCount || page % 41 == 0)
            return reply(socket, "404 Not Found", "There is no such page");
        if (page % 67 == 0)
            return reply(socket, "500 Internal Server Error", "It is broken");
        if (page % 13 == 0 && ++m_visits[page] < 3)
            return reply(socket, "503 Service Unavailable", "Try again");
        if (page % 97 != 0) // that one never answers
            reply(socket, "200 OK", text(page));
    }

    static QByteArray text(int page)
    {
        QByteArray text = "<h1>Page " + QByteArray::number(page) + "</h1>\n";
        for (const int link : { 2 * page, 2 * page + 1, page - 1 }) {
            if (link >= 1 && link <= pageCount)
                text += "<a href=\"/page/" + QByteArray::number(link) + "\">on</a>\n";
        }
        return text;
    }

    static void reply(QTcpSocket *socket, const QByteArray &status, const QByteArray &body)
    {
        socket->write("HTTP/1.1 " + status + "\r\nContent-Length: "
                      + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    }

    QHash<int, int> m_visits;
};
