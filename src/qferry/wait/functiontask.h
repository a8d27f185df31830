// SPDX-License-Identifier: MIT
// A function on its way into a loop, and what comes of it. In that loop's thread.
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/call/awaitable.h>
#include <qferry/call/result.h>

namespace QFerry::Detail {

/// A Host, which is a ForwardingCall that may end as an operation does, of function F, which binds
/// its arguments; R is what comes of it.
template <typename Host, typename R, typename F>
class FunctionTask : public Host
{
public:
    static constexpr bool isAsynchronous = Asynchronous<std::invoke_result_t<F &>>;

    template <typename Kind>
    FunctionTask(F &&function, Kind kind) : Host(kind), m_function(std::move(function))
    {}

    void *result() final { return this->lentOr(m_result); }

protected:
    CallPtr invoke() final
    {
        if constexpr (isAsynchronous) {
            return orCanceled(toPendingCall((*m_function)()).core());
        } else {
            m_result.storeResultOf(*m_function);
            return {};
        }
    }
    void takeResult(CallCore &operation) final { storeResult(m_result, operation); }
    void dropFunction() noexcept final { m_function.reset(); }

    ResultBox<R> m_result;

private:
    FunctionBox<F> m_function;
};

} // namespace QFerry::Detail
