// SPDX-License-Identifier: MIT
// What inContext() makes of an awaitable of another library. A cancel may come from any thread.
#pragma once

#include <qferry/call/awaitable.h>

#include <atomic>

namespace QFerry::Detail {

/// A call of an awaitable that no cancel reaches: it ends, and that goes on unheard.
template <typename T>
class ForeignCall final : public SettableCall<T>
{
public:
    template <typename F>
    void settle(F &&f)
    {
        if (!m_hasEnded.exchange(true, std::memory_order_acq_rel))
            SettableCall<T>::settle(std::forward<F>(f));
    }

protected:
    CallPtr cancelRequested(const QString &) override
    {
        settle([]() -> T { throw CanceledError(); });
        return {};
    }

private:
    std::atomic<bool> m_hasEnded{ false };
};

} // namespace QFerry::Detail
