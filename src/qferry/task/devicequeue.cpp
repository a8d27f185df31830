// SPDX-License-Identifier: MIT
// What a device tells its calls: in the device's thread, but cancels, and the end of the device,
// may come in any.
#include "devicequeue_p.h"

#include <qferry/errors.h>
#include <qferry/loop/ownloop_p.h>
#include <qferry/task/signalslot.h>

#include <QtCore/qfiledevice.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>

namespace QFerry::Detail {

DeviceCall::DeviceCall(const AnyDevice &device, DeviceQueue *queue)
    : QueuedCall(queue), m_device(device), m_devices(queue)
{}

bool DeviceCall::withdraw(const QString &reason)
{
    if (!QueuedCall::withdraw(reason))
        return false;
    m_devices->serveSoon();
    return true;
}

// --- The queue

bool DeviceQueue::isUsable() const
{
    return m_device.load(std::memory_order_acquire) && m_inbox->isCurrent();
}

bool DeviceQueue::isEmpty() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiting.isEmpty();
}

void DeviceQueue::serveSoon()
{
    if (isEmpty() || m_isPosted.exchange(true, std::memory_order_acq_rel))
        return;
    ref.ref(); // until deliver() or loopFinished()
    const LoopInbox::Ptr inbox = m_inbox;
    inbox->post(this);
}

void DeviceQueue::deliver()
{
    const Ptr posted(this, QAdoptSharedDataTag());
    m_isPosted.store(false, std::memory_order_seq_cst);
    serve();
}

void DeviceQueue::loopFinished()
{
    release(this); // the loop's end ends the calls, too
}

QExplicitlySharedDataPointer<DeviceCall> DeviceQueue::first() const
{
    const std::lock_guard lock(m_mutex);
    return QExplicitlySharedDataPointer(static_cast<DeviceCall *>(m_waiting.first()));
}

bool DeviceQueue::takeOut(DeviceCall *call)
{
    const std::lock_guard lock(m_mutex);
    return call->leave();
}

void DeviceQueue::requireDevice() const
{
    const std::lock_guard lock(m_mutex); // the device waits here before it goes
    const QIODevice *device = m_device.load(std::memory_order_acquire);
    if (!device)
        throw SenderDestroyedError(QStringLiteral(
                "The device that was read or written has been destroyed, or disconnected from "
                "everything"));
    if (device->thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral(
                "The device that was read or written has been moved to another thread. Do that "
                "when nobody waits for it"));
}

void DeviceQueue::serve()
{
    while (const auto call = first()) {
        std::exception_ptr error;
        try {
            requireDevice();
            if (!call->isReady())
                return;
        } catch (...) {
            error = std::current_exception();
        }
        if (!takeOut(call.data()))
            continue; // canceled
        try {
            if (!error)
                call->take();
        } catch (...) {
            error = std::current_exception();
        }
        call->end(error ? Outcome::Error : Outcome::Value, error);
    }
}

void DeviceQueue::emitted(qint64)
{
    const QIODevice *device = m_device.load(std::memory_order_acquire);
    if (device && device->bytesToWrite() == 0) {
        const std::lock_guard lock(m_mutex);
        for (QueuedCall *call : m_waiting)
            static_cast<DeviceCall *>(call)->allIsWritten();
    }
    serveSoon();
}

void DeviceQueue::connectionEnded()
{
    {
        const std::lock_guard lock(m_mutex);
        m_device.store(nullptr, std::memory_order_release);
    }
    serveSoon();
}

void DeviceQueue::hasChanged()
{
    m_changes.fetch_add(1, std::memory_order_acq_rel);
    serveSoon();
}

void DeviceQueue::readChannelFinished()
{
    m_hasEnded.store(true, std::memory_order_release);
    hasChanged();
}

void DeviceQueue::deviceIsOver()
{
    {
        const std::lock_guard lock(m_mutex);
        for (QueuedCall *call : m_waiting)
            static_cast<DeviceCall *>(call)->deviceIsOver();
    }
    hasChanged();
}

void DeviceQueue::stateChanged()
{
    m_hasEnded.store(false, std::memory_order_release); // it may begin again
    hasChanged();
}

// --- The device

DeviceWatch::DeviceWatch(QIODevice &device, LoopInbox *inbox)
    : QObject(&device)
    , reads(new DeviceQueue(&device, inbox))
    , writes(new DeviceQueue(&device, inbox))
{
    connect(&device, &QIODevice::readyRead, &device, SignalSlot<DeviceQueue>(reads.data()),
            Qt::DirectConnection);
    connect(&device, &QIODevice::bytesWritten, &device,
            SignalSlot<DeviceQueue, qint64>(writes.data()), Qt::DirectConnection);
    connect(&device, &QIODevice::readChannelFinished, this, &DeviceWatch::readChannelFinished);
    connect(&device, &QIODevice::aboutToClose, this, &DeviceWatch::deviceIsOver);
    for (const char *signal : { "errorOccurred", "disconnected", "finished" })
        connectByName(device, signal, "deviceIsOver()");
    connectByName(device, "stateChanged", "stateChanged()");
}

void DeviceWatch::connectByName(QIODevice &device, const char *signal, const char *slot)
{
    const QMetaObject *meta = device.metaObject();
    const QMetaMethod own = metaObject()->method(metaObject()->indexOfSlot(slot));
    for (int i = QIODevice::staticMetaObject.methodCount(); i < meta->methodCount(); ++i) {
        const QMetaMethod method = meta->method(i);
        if (method.methodType() == QMetaMethod::Signal && method.name() == signal)
            connect(&device, method, this, own);
    }
}

DeviceWatch *DeviceWatch::of(QIODevice &device)
{
    LoopInbox *const inbox = ownLoop();
    if (!inbox)
        throw NoEventLoopError(QStringLiteral(
                "A device is awaited through an event loop, and this thread has none. In a worker, "
                "use the waitFor…() functions of QIODevice"));
    if (device.thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral(
                "A device must be read and written in its own thread: toLoop() gets there"));
    if (qobject_cast<QFileDevice *>(&device))
        throw InvalidUseError(QStringLiteral(
                "A file tells nothing by signals: read and write it in a worker, by toThread()"));
    auto *watch = device.findChild<DeviceWatch *>(QString(), Qt::FindDirectChildrenOnly);
    if (watch && watch->reads->isUsable() && watch->writes->isUsable())
        return watch;
    delete watch;
    return new DeviceWatch(device, inbox);
}

void DeviceWatch::readChannelFinished()
{
    reads->readChannelFinished();
}

void DeviceWatch::deviceIsOver()
{
    reads->deviceIsOver();
    writes->deviceIsOver();
}

void DeviceWatch::stateChanged()
{
    reads->stateChanged();
    writes->stateChanged();
}

} // namespace QFerry::Detail
