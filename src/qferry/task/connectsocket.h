// SPDX-License-Identifier: MIT
// Sockets of every kind connect alike. The socket's thread.
#pragma once

#include <qferry/gather.h>
#include <qferry/signal.h>

#include <QtCore/qpointer.h>

namespace QFerry::Detail {

/// Begins to connect, and waits until that has succeeded or failed.
template <typename SocketError, typename Socket, typename Connect>
PendingCall<void> connectSocket(Socket &socket, const Connect &connect)
{
    const auto stop = [guard = QPointer<Socket>(&socket)] {
        if (guard && guard->state() != Socket::UnconnectedState
            && guard->state() != Socket::ConnectedState)
            guard->abort();
    };
    const PendingCall<void> connected = signal(&socket, &Socket::connected).onCancel(stop);
    auto ended = whenAny(connected, signal(&socket, &Socket::errorOccurred));
    if (!connected.isFinished()) // else it is canceled
        connect();
    return std::move(ended).then(&socket, [&socket](const auto &first) {
        if (first.index() != 0)
            throw SocketError(socket);
    });
}

} // namespace QFerry::Detail
