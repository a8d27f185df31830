// SPDX-License-Identifier: MIT
// What the functions of iodevice.h, which know the device's class, hand over to those that do not.
// The device's thread.
#pragma once

#include <qferry/pendingcall.h>

#include <QtCore/qiodevice.h>

#include <concepts>
#include <optional>

namespace QFerry::Detail {

/// What a device's class knows, but QIODevice does not.
struct DeviceCondition
{
    bool isConnecting = false;
    bool hasFailed = false; // and did not just end
    bool isGone = false;    // there is nobody to be written to
};

/// Of a device whose class is not known: it is of a process.
QFERRY_EXPORT DeviceCondition conditionOfProcess(const QIODevice &device);

template <typename Device>
concept SocketDevice = requires(const Device &device)
{
    device.error() == Device::UnknownSocketError;
    device.state() == Device::UnconnectedState || device.state() == Device::ConnectedState;
};
template <typename Device>
concept ErrorDevice = requires(const Device &device)
{
    device.error() == Device::NoError;
};

/// What a socket's error is called if it is only that the other side has closed it.
template <typename Device>
constexpr auto peerClosedError()
{
    if constexpr (requires { Device::PeerClosedError; })
        return Device::PeerClosedError;
    else
        return Device::RemoteHostClosedError;
}

template <typename Device>
DeviceCondition conditionOf(const QIODevice &device)
{
    const auto &it = static_cast<const Device &>(device);
    if constexpr (SocketDevice<Device>)
        return { it.state() < Device::ConnectedState && it.state() != Device::UnconnectedState,
                 it.error() != Device::UnknownSocketError
                         && it.error() != peerClosedError<Device>(),
                 it.state() == Device::UnconnectedState };
    else if constexpr (ErrorDevice<Device>)
        return { false, it.error() != Device::NoError };
    else
        return conditionOfProcess(device);
}

struct AnyDevice
{
    DeviceCondition condition() const { return conditionOf(device); }

    QIODevice &device;
    DeviceCondition (*conditionOf)(const QIODevice &);
};

template <typename Device>
AnyDevice anyDevice(Device &device)
{
    return { device, &conditionOf<Device> };
}

QFERRY_EXPORT PendingCall<std::optional<QByteArray>> readLine(const AnyDevice &device,
                                                              qint64 maxSize);
QFERRY_EXPORT PendingCall<QByteArray> readUntil(const AnyDevice &device,
                                                const QByteArray &separator, qint64 maxSize);
QFERRY_EXPORT PendingCall<QByteArray> readExactly(const AnyDevice &device, qint64 size);
QFERRY_EXPORT PendingCall<QByteArray> readAll(const AnyDevice &device);
QFERRY_EXPORT PendingCall<void> writeAll(const AnyDevice &device, const QByteArray &data);

} // namespace QFerry::Detail
