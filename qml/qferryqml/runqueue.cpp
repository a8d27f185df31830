// SPDX-License-Identifier: MIT
#include "runqueue_p.h"

#include <algorithm>

namespace QFerry::Detail {

TaskRun *RunQueue::joinedBy(const TaskRun &run, ThreadTask::RerunPolicy policy) const
{
    TaskRun *other = nullptr;
    if (policy == ThreadTask::Ignore)
        other = m_current.get();
    else if (policy == ThreadTask::OnceMore && !m_waiting.empty())
        other = m_waiting.back().get();
    return other && other->isLike(run) ? other : nullptr;
}

RunQueue::RunPtr RunQueue::add(RunPtr run, ThreadTask::RerunPolicy policy)
{
    if (isEmpty() || (!m_current && policy == ThreadTask::Ignore))
        return run;
    switch (policy) {
    case ThreadTask::Ignore:
        run->setReason(QStringLiteral("its ThreadTask runs with other arguments, and its "
                                      "rerunPolicy is to ignore this start()"));
        break;
    case ThreadTask::CancelPrevious:
        return run;
    case ThreadTask::OnceMore:
        dropWaiting();
        [[fallthrough]];
    case ThreadTask::Queue:
        m_waiting.push_back(std::move(run));
        break;
    }
    return nullptr;
}

RunQueue::RunPtr RunQueue::addAutomatic(RunPtr run, ThreadTask::RerunPolicy policy)
{
    if (!m_current || policy != ThreadTask::Ignore)
        return add(std::move(run), policy);
    dropWaiting(); // to begin what has been ignored when the inputs were others
    if (!m_current->isLike(*run))
        m_waiting.push_back(std::move(run));
    return nullptr;
}

RunQueue::RunPtr RunQueue::takeNext()
{
    if (m_current || m_waiting.empty())
        return nullptr;
    RunPtr next = std::move(m_waiting.front());
    m_waiting.pop_front();
    return next;
}

void RunQueue::remove(const TaskRun *waiting)
{
    const auto it = std::ranges::find(m_waiting, waiting, &RunPtr::get);
    if (it == m_waiting.end())
        return;
    it->release()->deleteLater(); // it may be telling of this
    m_waiting.erase(it);
}

void RunQueue::dropWaiting()
{
    const auto dropped = std::exchange(m_waiting, {});
}

} // namespace QFerry::Detail
