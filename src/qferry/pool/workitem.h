// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pool/limiterwaiter.h>

#include <QtCore/qstring.h>

namespace QFerry::Detail {

/// What WorkerPool and DedicatedThreads run. In the thread that runs it, without the admission's
/// mutex, unless it is said otherwise.
class QFERRY_EXPORT WorkItem : public LimiterWaiter
{
public:
    /// It is ready.
    bool tokenGranted() final;
    /// Runs the function and publishes the outcome. In a worker, once; must not throw. tidiesUp:
    /// whether what the function left to deleteLater() goes in between.
    virtual void execute(bool tidiesUp) = 0;
    /// The pool is done with the item, which may now go.
    virtual void drop() = 0;
    /// The same, under the admission's mutex, unless foreign code would run, as this is the last
    /// to hold the item: then it does nothing and returns false.
    [[nodiscard]] virtual bool dropQuickly() = 0;
    /// Instead of execute() and drop(): no thread can be started. Must not throw.
    virtual void refused() = 0;

    /// \name For reports. Any thread
    /// @{
    virtual QString name() const = 0;
    /// Whether it was canceled while its function runs on.
    virtual bool isAbandoned() const = 0;
    /// Whether its function waits in the library, and holds its token idle. Under the admission's
    /// mutex, while it runs.
    virtual bool isBlocked() const = 0;
    /// @}

protected:
    ~WorkItem() = default;
};

} // namespace QFerry::Detail
