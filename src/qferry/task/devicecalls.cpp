// SPDX-License-Identifier: MIT
// The calls that read a device, and that write to it. The device's thread.
#include "devicecalls.h"

#include <qferry/base/resultbox.h>
#include <qferry/iodevice.h>
#include <qferry/task/devicequeue_p.h>

#include <QtCore/qprocess.h>

namespace QFerry {

using Reason = DeviceError::Reason;

DeviceError::DeviceError(const QString &message, Reason reason, const QString &errorString)
    : Error(message), m_reason(reason), m_errorString(errorString)
{}

DeviceError::~DeviceError() = default;

namespace Detail {

DeviceCondition conditionOfProcess(const QIODevice &device)
{
    const auto *process = qobject_cast<const QProcess *>(&device);
    if (!process)
        return {};
    const auto error = process->error();
    const bool hasFailed = error == QProcess::FailedToStart || error == QProcess::Crashed
                           || error == QProcess::ReadError;
    return { false, hasFailed, process->state() == QProcess::NotRunning };
}

namespace {

[[noreturn]] void throwError(Reason reason, const QString &text, const AnyDevice &device)
{
    const QString said = device.device.errorString();
    throw DeviceError(reason == Reason::Failed ? text + QStringLiteral(": ") + said : text, reason,
                      said);
}

[[noreturn]] void throwNotOpen(const AnyDevice &device)
{
    if (device.condition().hasFailed)
        throwError(Reason::Failed, QStringLiteral("The device has failed"), device);
    throwError(Reason::NotOpen,
               QStringLiteral("The device is not open for this, or was closed meanwhile"), device);
}

// --- Reading

class DeviceRead : public DeviceCall
{
public:
    bool isReady() final;
    void take() final { store(m_size == everything ? device().readAll() : device().read(m_size)); }

protected:
    static constexpr qint64 everything = -1;

    using DeviceCall::DeviceCall;
    QIODevice &device() const { return m_device.device; }

    /// How much there is to be taken; nothing if it is not all there yet.
    virtual std::optional<qint64> sizeOfWhole() = 0;
    /// The same if nothing more will come; may throw.
    virtual qint64 sizeAtEnd() = 0;
    virtual void store(QByteArray &&bytes) = 0;

private:
    bool hasEnded() const;

    qint64 m_size = 0;
    int m_changes = -1; // that the device told of, when this looked for its end
};

bool DeviceRead::isReady()
{
    if (!device().isReadable())
        throwNotOpen(m_device);
    if (const std::optional<qint64> size = sizeOfWhole()) {
        m_size = *size;
        return true;
    }
    if (m_changes == m_devices->changes())
        return false;
    m_changes = m_devices->changes();
    if (!hasEnded())
        return false;
    if (m_device.condition().hasFailed)
        throwError(Reason::Failed, QStringLiteral("Reading has failed"), m_device);
    m_size = sizeAtEnd();
    return true;
}

/// Whether nothing follows what is there: who reads on, and takes it back, is told.
bool DeviceRead::hasEnded() const
{
    if (m_devices->hasEnded() || !device().isSequential())
        return true;
    if (device().isTransactionStarted())
        return false;
    device().startTransaction();
    char next;
    device().skip(device().bytesAvailable());
    const bool hasEnded = device().read(&next, 1) < 0;
    device().rollbackTransaction();
    return hasEnded;
}

template <typename T, typename Base>
class ReadCall final : public Base
{
public:
    using Base::Base;

    void *result() override { return m_result.address(); }

private:
    void store(QByteArray &&bytes) override
    {
        if constexpr (std::is_same_v<T, QByteArray>)
            m_result.store(std::move(bytes));
        else
            m_result.store(bytes.isEmpty() ? T() : T(std::move(bytes)));
    }

    ResultBox<T> m_result;
};

/// Up to a separator.
class PieceRead : public DeviceRead
{
public:
    PieceRead(const AnyDevice &device, DeviceQueue *queue, const QByteArray &separator,
              qint64 maxSize)
        : DeviceRead(device, queue), m_separator(separator), m_maxSize(maxSize)
    {}

protected:
    std::optional<qint64> sizeOfWhole() final;
    qint64 sizeAtEnd() override
    {
        throwError(Reason::EndOfStream,
                   QStringLiteral("The device ended before the separator came"), m_device);
    }

private:
    static constexpr qint64 firstLook = 256; // bytes; as most pieces are short

    const QByteArray m_separator;
    const qint64 m_maxSize;
    qint64 m_look = firstLook;
};

std::optional<qint64> PieceRead::sizeOfWhole()
{
    for (;; m_look *= 2) {
        const bool isAll = m_look > m_maxSize;
        const qint64 look = isAll ? m_maxSize + 1 : m_look;
        const QByteArray head = device().peek(look);
        const qint64 end = head.indexOf(m_separator) + m_separator.size();
        const bool isThere = end >= m_separator.size();
        if (isThere ? end > m_maxSize : isAll && head.size() == look)
            throwError(
                    Reason::TooLong,
                    QStringLiteral("No line end or separator came within %1 bytes").arg(m_maxSize),
                    m_device);
        if (isThere)
            return end;
        if (head.size() < look)
            return std::nullopt;
    }
}

class LineRead : public PieceRead
{
public:
    LineRead(const AnyDevice &device, DeviceQueue *queue, qint64 maxSize)
        : PieceRead(device, queue, "\n", maxSize)
    {}

private:
    qint64 sizeAtEnd() final { return everything; }
};

class ExactRead : public DeviceRead
{
public:
    ExactRead(const AnyDevice &device, DeviceQueue *queue, qint64 size)
        : DeviceRead(device, queue), m_wanted(size)
    {}

private:
    std::optional<qint64> sizeOfWhole() final
    {
        return device().bytesAvailable() >= m_wanted ? std::optional(m_wanted) : std::nullopt;
    }
    qint64 sizeAtEnd() final
    {
        throwError(Reason::EndOfStream,
                   QStringLiteral("The device ended after %1 of %2 bytes")
                           .arg(device().bytesAvailable())
                           .arg(m_wanted),
                   m_device);
    }

    const qint64 m_wanted;
};

class AllRead : public DeviceRead
{
public:
    using DeviceRead::DeviceRead;

private:
    std::optional<qint64> sizeOfWhole() final { return std::nullopt; }
    qint64 sizeAtEnd() final { return everything; }
};

// --- Writing

class DeviceWrite final : public DeviceCall
{
public:
    DeviceWrite(const AnyDevice &device, DeviceQueue *queue, const QByteArray &data)
        : DeviceCall(device, queue), m_rest(data)
    {}

    bool isReady() override;
    /// The device gets the data at once, if it has got all that comes before.
    void followOthers();
    void allIsWritten() override { m_isWritten = m_rest.isEmpty(); }
    void deviceIsOver() override { m_isOver = !m_isWritten; }

private:
    void handOver();

    QByteArray m_rest;
    bool m_isWritten = false; // this and the next: of what was in the device then
    bool m_isOver = false;
};

bool DeviceWrite::isReady()
{
    if (m_isWritten)
        return true;
    QIODevice &device = m_device.device;
    if (!device.isWritable())
        throwNotOpen(m_device);
    if (m_isOver || m_device.condition().isGone)
        throwError(Reason::Failed, QStringLiteral("Not all could be written"), m_device);
    handOver();
    return m_rest.isEmpty() && device.bytesToWrite() == 0;
}

void DeviceWrite::handOver()
{
    if (m_rest.isEmpty())
        return;
    const qint64 taken = m_device.device.write(m_rest);
    if (taken < 0)
        throwError(Reason::Failed, QStringLiteral("Writing has failed"), m_device);
    m_rest.remove(0, taken);
    m_devices->isBacklogged = !m_rest.isEmpty();
}

void DeviceWrite::followOthers()
{
    if (isFinished() || m_devices->isBacklogged || !m_device.device.isWritable())
        return;
    try {
        handOver();
    } catch (const DeviceError &) {
        // It tries again when it is the first.
    }
}

// --- Both

/// The queue is kept by the call; of several, the first is looked at.
template <typename Call, typename... Args>
QExplicitlySharedDataPointer<Call> start(const AnyDevice &device, const DeviceQueue::Ptr &queue,
                                         const Args &...args)
{
    const QExplicitlySharedDataPointer call(new Call(device, queue.data(), args...));
    const bool isFirst = queue->isEmpty();
    call->begin();
    if (isFirst)
        queue->serve();
    return call;
}

template <typename Call, typename T, typename... Args>
PendingCall<T> read(const AnyDevice &device, const Args &...args)
{
    const DeviceQueue::Ptr queue = DeviceWatch::of(device.device)->reads;
    if (device.condition().isConnecting)
        throw InvalidUseError(QStringLiteral(
                "The socket that is to be read is not connected yet: await connectToHost() or "
                "connectToServer() of network.h first"));
    return PendingCall<T>(CallPtr(start<ReadCall<T, Call>>(device, queue, args...).data()));
}

void checkSize(qint64 size, qint64 least)
{
    constexpr qint64 most = std::numeric_limits<qint64>::max() / 4; // it is doubled
    if (size < least || size > most)
        throw InvalidUseError(QStringLiteral("%1 is no number of bytes to be read").arg(size));
}

} // namespace

PendingCall<std::optional<QByteArray>> readLine(const AnyDevice &device, qint64 maxSize)
{
    checkSize(maxSize, 1);
    return read<LineRead, std::optional<QByteArray>>(device, maxSize);
}

PendingCall<QByteArray> readUntil(const AnyDevice &device, const QByteArray &separator,
                                  qint64 maxSize)
{
    checkSize(maxSize, 1);
    if (separator.isEmpty())
        throw InvalidUseError(QStringLiteral("readUntil() was given an empty separator"));
    return read<PieceRead, QByteArray>(device, separator, maxSize);
}

PendingCall<QByteArray> readExactly(const AnyDevice &device, qint64 size)
{
    checkSize(size, 0);
    return read<ExactRead, QByteArray>(device, size);
}

PendingCall<QByteArray> readAll(const AnyDevice &device)
{
    return read<AllRead, QByteArray>(device);
}

PendingCall<void> writeAll(const AnyDevice &device, const QByteArray &data)
{
    const DeviceQueue::Ptr queue = DeviceWatch::of(device.device)->writes;
    const bool isBehind = !queue->isEmpty();
    const auto call = start<DeviceWrite>(device, queue, data);
    if (isBehind)
        call->followOthers();
    return PendingCall<void>(CallPtr(call.data()));
}

} // namespace Detail
} // namespace QFerry
