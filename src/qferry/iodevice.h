// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task/devicecalls.h>

#include <optional>

// For those who read and write devices: include it beside qferry.h.

namespace QFerry {

/// A device could not be read, or written, as was asked for.
class QFERRY_EXPORT DeviceError : public Error
{
public:
    enum class Reason {
        NotOpen,     ///< for this; or it was closed meanwhile
        Failed,      ///< \sa errorString()
        EndOfStream, ///< it ended before all was there, or written
        TooLong,     ///< more came than was allowed
    };

    DeviceError(const QString &message, Reason reason, const QString &errorString);
    ~DeviceError() override;

    Reason reason() const { return m_reason; }
    /// What the device itself said.
    QString errorString() const { return m_errorString; }

private:
    Reason m_reason;
    QString m_errorString;
};

/**
 * \name Reading and writing without blocking
 * Of sequential devices: sockets, processes, serial ports, and others that tell of news by the
 * signals of QIODevice.
 *
 *     while (const auto line = co_await readLine(socket))
 *         use(*line);
 *
 * To be called in the device's thread. What is there already is taken at once, else through the
 * loop, never inside a signal of the device's, which may be deleted then. Of several reads of one
 * device each waits for those before it; writes keep their order, too.
 *
 * They fail with DeviceError if the device fails, has failed before, is closed or not open; with
 * SenderDestroyedError if it is destroyed, or disconnected from everything; with InvalidUseError if
 * it goes to another thread. Canceling the call, its scope or the end of the loop ends it at once.
 * A read that was canceled, or failed, has left in the device all that was there: it takes nothing
 * before it can take the whole.
 *
 * Give the device as what it is (a QTcpSocket, not a QIODevice): only then is it told apart why a
 * socket has ended, and seen that one is not connected yet. A limited read buffer must have room
 * for what is waited for.
 *
 * They throw NoEventLoopError in a thread without event loop, and InvalidUseError in another thread
 * than the device's, for files, which block (use toThread()), for a size that is not positive, and
 * if a socket to be read is not connected yet.
 * @{
 */

/// What is allowed if nothing is said, in bytes.
inline constexpr qint64 defaultMaxSize = 64 * 1024;

/// Reads a line, with its end, as QIODevice::readLine() does; the last one may have none. An empty
/// optional at the end. A line of more bytes than maxSize is an error.
template <std::derived_from<QIODevice> Device>
[[nodiscard]] PendingCall<std::optional<QByteArray>> readLine(Device &device,
                                                              qint64 maxSize = defaultMaxSize)
{
    return Detail::readLine(Detail::anyDevice(device), maxSize);
}

/// Reads up to the separator, and with it, at most maxSize bytes. It is an error if the device ends
/// before.
template <std::derived_from<QIODevice> Device>
[[nodiscard]] PendingCall<QByteArray> readUntil(Device &device, const QByteArray &separator,
                                                qint64 maxSize = defaultMaxSize)
{
    return Detail::readUntil(Detail::anyDevice(device), separator, maxSize);
}

/// Reads so many bytes. It is an error if the device ends before.
template <std::derived_from<QIODevice> Device>
[[nodiscard]] PendingCall<QByteArray> readExactly(Device &device, qint64 size)
{
    return Detail::readExactly(Detail::anyDevice(device), size);
}

/// Reads all until the end; that of a process comes when it has ended. (A QNetworkReply that is
/// given to readAll() of network.h, as a pointer, is deleted afterwards; this deletes nothing.)
template <std::derived_from<QIODevice> Device>
[[nodiscard]] PendingCall<QByteArray> readAll(Device &device)
{
    return Detail::readAll(Detail::anyDevice(device));
}

/// Writes all, and ends when the device has passed it on (bytesToWrite() is 0). Canceling it takes
/// nothing back that is in the device by then: mostly that is all.
template <std::derived_from<QIODevice> Device>
[[nodiscard]] PendingCall<void> writeAll(Device &device, const QByteArray &data)
{
    return Detail::writeAll(Detail::anyDevice(device), data);
}
/// @}

} // namespace QFerry
