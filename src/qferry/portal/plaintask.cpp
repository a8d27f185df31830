// SPDX-License-Identifier: MIT
// The short life of a plain task. The thread that starts it enters, then the portal's loop.
#include "plaintask.h"

#include <qferry/call/taskname_p.h>
#include <qferry/loop/loopinbox_p.h>
#include <qferry/wait/blocked_p.h>

namespace QFerry::Detail {

PlainTask::~PlainTask() = default;

void PlainTask::start(const PortalState::Ptr &portal, const QString &name)
{
    m_portal = portal;
    m_context = contextWithTaskName(contextOfTask(ContextFrame::currentData(), false, {}), name);
    portal->loop().inbox()->post(this);
}

void PlainTask::deliver()
{
    m_portal->loop().inbox()->expectMore();
    if (m_portal->isCanceling() || promise().isCanceled())
        promise().cancel();
    else
        run();
    end();
}

void PlainTask::run()
{
    const ContextFrame frame(std::move(m_context));
    const PortalFunction function(*m_portal);
    try {
        invoke();
    } catch (const CanceledError &) {
        promise().cancel();
    } catch (...) {
        promise().reportException(std::current_exception());
    }
    dropFunction();
}

void PlainTask::loopFinished()
{
    promise().reportException(portalLoopFinishedError());
    end();
}

void PlainTask::end()
{
    m_context.reset();
    dropFunction();
    promise().reportFinished();
    m_portal->leave();
    delete this;
}

} // namespace QFerry::Detail
