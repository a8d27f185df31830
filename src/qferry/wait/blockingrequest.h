// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/resultbox.h>
#include <qferry/context.h>
#include <qferry/loop/inboxitem.h>
#include <qferry/looptoken.h>

namespace QFerry::Detail {

class Parker;

/// A function to be run by a loop while its caller, on whose stack this is, waits.
class QFERRY_EXPORT BlockingRequest : public InboxItem
{
public:
    void deliver() final;
    void loopFinished() final;
    bool isAwaited() const final { return true; }
    bool isBlockingRequest() const final { return true; }

protected:
    /// Throws what is wrong with calling that loop from this thread.
    explicit BlockingRequest(const LoopToken &loop);
    ~BlockingRequest() = default;

    /// Runs the function in the loop and waits for it; throws what it threw.
    void runAndWait();
    virtual void invoke() = 0;

private:
    const LoopToken &m_loop;
    ContextPtr m_context;
    Parker *const m_parker;
    std::exception_ptr m_error;
};

template <typename R, typename F>
class BlockingFunction final : public BlockingRequest
{
public:
    BlockingFunction(const LoopToken &loop, F &function)
        : BlockingRequest(loop), m_function(function)
    {}
    R run()
    {
        runAndWait();
        return m_result.take();
    }

protected:
    void invoke() override { m_result.storeResultOf(m_function); }

private:
    F &m_function;
    ResultBox<R> m_result;
};

} // namespace QFerry::Detail
