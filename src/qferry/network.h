// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/errors.h>
#include <qferry/task/connectsocket.h>
#include <qferry/toloop.h>

#include <QtNetwork/qabstractsocket.h>
#include <QtNetwork/qlocalsocket.h>
#include <QtNetwork/qnetworkreply.h>

// This header needs Qt Network, which the library does not: include it beside qferry.h.

namespace QFerry {

/// A network request failed.
class NetworkError : public Error
{
public:
    explicit NetworkError(const QNetworkReply &reply)
        : Error(reply.errorString())
        , m_code(reply.error())
        , m_httpStatus(reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt())
    {}

    QNetworkReply::NetworkError code() const { return m_code; }
    /// 0 if the server has sent none.
    int httpStatus() const { return m_httpStatus; }

private:
    QNetworkReply::NetworkError m_code;
    int m_httpStatus;
};

/**
 * Waits for the end of a reply, and reads all of it:
 *
 *     const QByteArray page = co_await readAll(manager.get(request));
 *
 * The reply is deleted when the call has ended. Fails with NetworkError if the request does.
 * Canceling the call, its scope, or the end of its loop aborts the request. If the reply, or its
 * QNetworkAccessManager, is destroyed first, the call ends canceled.
 *
 * To be called in the reply's thread. Throws NoEventLoopError if that has no event loop, and
 * InvalidUseError if there is no reply.
 */
[[nodiscard]] inline PendingCall<QByteArray> readAll(QNetworkReply *reply)
{
    const auto read = [reply] {
        reply->deleteLater();
        if (reply->error() != QNetworkReply::NoError)
            throw NetworkError(*reply);
        return reply->readAll();
    };
    if (reply && reply->isFinished())
        return toLoop(currentLoop(), reply, read);
    return signal(reply, &QNetworkReply::finished)
            .onCancel([guard = QPointer<QNetworkReply>(reply)] {
                if (!guard)
                    return;
                guard->deleteLater();
                guard->abort();
            })
            .then(reply, read);
}

/// A socket could not be connected to a host.
class SocketError : public Error
{
public:
    explicit SocketError(const QAbstractSocket &socket)
        : Error(socket.errorString()), m_code(socket.error())
    {}

    QAbstractSocket::SocketError code() const { return m_code; }

private:
    QAbstractSocket::SocketError m_code;
};

/// A local socket could not be connected to a server.
class LocalSocketError : public Error
{
public:
    explicit LocalSocketError(const QLocalSocket &socket)
        : Error(socket.errorString()), m_code(socket.error())
    {}

    QLocalSocket::LocalSocketError code() const { return m_code; }

private:
    QLocalSocket::LocalSocketError m_code;
};

/**
 * Connects a socket, and ends when it is connected:
 *
 *     co_await connectToHost(socket, u"example.org"_s, 80);
 *     co_await writeAll(socket, request); // iodevice.h
 *
 * Fails with SocketError if that cannot be, or if the socket is connected already. Canceling the
 * call, its scope, or the end of its loop aborts the attempt. If the socket is destroyed, the call
 * fails with SenderDestroyedError or ends canceled. (A QSslSocket is not encrypted yet then: await
 * its signal.)
 *
 * To be called in the socket's thread. Throws NoEventLoopError if that has no event loop.
 */
[[nodiscard]] inline PendingCall<void> connectToHost(
        QAbstractSocket &socket, const QString &host, quint16 port,
        QIODevice::OpenMode mode = QIODevice::ReadWrite)
{
    return Detail::connectSocket<SocketError>(socket,
                                              [&] { socket.connectToHost(host, port, mode); });
}

/// The same with a local socket. Fails with LocalSocketError.
[[nodiscard]] inline PendingCall<void> connectToServer(
        QLocalSocket &socket, const QString &name, QIODevice::OpenMode mode = QIODevice::ReadWrite)
{
    return Detail::connectSocket<LocalSocketError>(socket,
                                                   [&] { socket.connectToServer(name, mode); });
}

} // namespace QFerry
