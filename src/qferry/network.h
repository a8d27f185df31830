// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/errors.h>
#include <qferry/signal.h>
#include <qferry/toloop.h>

#include <QtCore/qpointer.h>
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

} // namespace QFerry
