// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>
#include <qferry/task/devicecalls.h>
#include <qferry/task/queuedcall.h>

#include <atomic>

namespace QFerry::Detail {

class DeviceQueue;

/// A call that waits for a device. In the device's thread, but for what ends it canceled.
class DeviceCall : public QueuedCall
{
public:
    using QueuedCall::leave;
    using WaitingCall::end;

    DeviceCall(const AnyDevice &device, DeviceQueue *queue);

    /// Whether it can end now; it takes nothing yet. Throws what it fails with.
    virtual bool isReady() = 0;
    /// It is ready, and cannot be canceled any more.
    virtual void take() {}
    /// \name Under the queue's mutex
    /// @{
    /// All that the device was given is written.
    virtual void allIsWritten() {}
    /// The device has failed, or ended; or says so.
    virtual void deviceIsOver() {}
    /// @}

protected:
    bool withdraw(const QString &reason) final;

    const AnyDevice m_device;     // to be looked at by who knows that it is there
    DeviceQueue *const m_devices; // kept by the base
};

/**
 * The calls that read from one device, or that write to it, in their order. The device's slots, and
 * the calls, keep it.
 *
 * What the device tells, in whichever thread, only posts this to the loop of the calls, which looks
 * there whether the first one can end.
 */
class DeviceQueue final : public WaitQueue, public InboxItem
{
public:
    using Ptr = QExplicitlySharedDataPointer<DeviceQueue>;

    DeviceQueue(QIODevice *device, LoopInbox *inbox) : m_device(device), m_inbox(inbox) {}

    /// Of this thread, and connected to the device.
    bool isUsable() const;
    /// In the device's thread: ends what can end.
    void serve();
    /// Somebody has left: the next one may be ready.
    void serveSoon();

    /// \name What the device tells
    /// @{
    void emitted() { serveSoon(); }
    void emitted(qint64 written);
    void connectionEnded();
    void readChannelFinished();
    void deviceIsOver();
    void stateChanged();
    /// @}

    /// \name The device's thread
    /// @{
    /// No more data will come, by what it has told.
    bool hasEnded() const { return m_hasEnded.load(std::memory_order_acquire); }
    /// How often it has told something that might mean its end.
    int changes() const { return m_changes.load(std::memory_order_acquire); }
    /// The device took less than it was given: what follows must wait.
    bool isBacklogged = false;
    /// @}
    bool isEmpty() const;

    void deliver() override;
    void loopFinished() override;

private:
    bool letPass() override { return false; }
    void requireDevice() const;
    QExplicitlySharedDataPointer<DeviceCall> first() const;
    bool takeOut(DeviceCall *call);
    void hasChanged();

    std::atomic<QIODevice *> m_device;
    const LoopInbox::Ptr m_inbox;
    std::atomic<bool> m_isPosted{ false };
    std::atomic<bool> m_hasEnded{ false };
    std::atomic<int> m_changes{ 0 };
};

/// A child of the device, in its thread: finds the queues, and hears of what only some classes of
/// devices tell.
class DeviceWatch final : public QObject
{
    Q_OBJECT
public:
    /// In the device's thread: throws InvalidUseError in another, and NoEventLoopError.
    static DeviceWatch *of(QIODevice &device);

    const DeviceQueue::Ptr reads;
    const DeviceQueue::Ptr writes;

private Q_SLOTS:
    void readChannelFinished();
    void deviceIsOver();
    void stateChanged();

private:
    DeviceWatch(QIODevice &device, LoopInbox *inbox);
    void connectByName(QIODevice &device, const char *signal, const char *slot);
};

} // namespace QFerry::Detail
