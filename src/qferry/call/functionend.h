// SPDX-License-Identifier: MIT
// How a function ended that a call runs. In the thread that runs it.
#pragma once

#include <qferry/call/callcore.h>
#include <qferry/errors.h>

namespace QFerry::Detail {

struct FunctionEnd
{
    /// Calls f, which keeps its result itself.
    template <typename F>
    void run(F &&f)
    {
        try {
            f();
        } catch (const CanceledError &) {
            outcome = Outcome::Canceled;
        } catch (...) {
            outcome = Outcome::Error;
            error = std::current_exception();
        }
    }

    Outcome outcome = Outcome::Value;
    std::exception_ptr error = {};
};

} // namespace QFerry::Detail
