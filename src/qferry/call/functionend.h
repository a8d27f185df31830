// SPDX-License-Identifier: MIT
// How a function ended that a call runs. In the thread that runs it.
#pragma once

#include <qferry/call/callcore.h>
#include <qferry/errors.h>

namespace QFerry::Detail {

struct FunctionEnd
{
    Outcome outcome = Outcome::Value;
    std::exception_ptr error = {};
};

/// Calls f, which keeps its result itself.
template <typename F>
FunctionEnd endOf(F &&f)
{
    FunctionEnd end;
    try {
        f();
    } catch (const CanceledError &) {
        end.outcome = Outcome::Canceled;
    } catch (...) {
        end.outcome = Outcome::Error;
        end.error = std::current_exception();
    }
    return end;
}

} // namespace QFerry::Detail
