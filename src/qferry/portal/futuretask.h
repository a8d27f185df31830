// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/futurebridge.h>
#include <qferry/portal/portaltask.h>

namespace QFerry::Detail {

/// A task that is watched through a QFuture.
template <typename R, typename F>
class FutureTask final : public PortalFunctionTask<R, F>
{
public:
    using PortalFunctionTask<R, F>::PortalFunctionTask;

    /// To be called once, before the start.
    QFuture<R> makeFuture()
    {
        QFuture<R> future = CallFuture<R>::of(CallPtr(this));
        m_future = QFutureInterfaceBase::get(future);
        return future;
    }

protected:
    bool isUnwanted() const override { return m_future.isCanceled(); }

private:
    QFutureInterfaceBase m_future;
};

} // namespace QFerry::Detail
