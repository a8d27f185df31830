// SPDX-License-Identifier: MIT
// All of it happens in one thread; but to destroy a run's context runs foreign code, which may come
// back here: what is destroyed leaves the members first.
#include "latestruns.h"

#include <qferry/latestcall.h>

#include <QtCore/qthread.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace QFerry::Detail {

class LatestRuns::Turn final : public CallCore
{
public:
    void come() { end(Outcome::Value); }

protected:
    CallPtr cancelRequested(const QString &) override
    {
        end(Outcome::Canceled);
        return {};
    }

private:
    void end(Outcome outcome)
    {
        if (!m_hasEnded.exchange(true, std::memory_order_acq_rel))
            finish(outcome);
    }

    std::atomic<bool> m_hasEnded{ false };
};

LatestRuns::LatestRuns(RerunPolicy policy) : m_policy(policy) {}

LatestRuns::~LatestRuns()
{
    // The last ones first, so that no end lets another one begin.
    while (!m_waiting.empty()) {
        const Run last = std::move(m_waiting.back());
        m_waiting.pop_back();
    }
}

void LatestRuns::checkThread() const
{
    if (m_home.thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral(
                "A LatestCall was used in another thread than it was made in, where its runs "
                "begin and its handlers come"));
}

CallPtr LatestRuns::runToJoin() const
{
    return m_policy == RerunPolicy::Ignore && m_isRunning ? m_latest.end : CallPtr();
}

LatestRuns::Run LatestRuns::makeRun()
{
    return { std::make_unique<QObject>(), CallPtr(new Turn), {} };
}

void LatestRuns::add(Run &&run)
{
    const bool mustWait = m_isRunning && m_policy != RerunPolicy::CancelPrevious;
    std::deque<Run> outdated; // destroyed last
    if (m_policy != RerunPolicy::Queue)
        outdated.swap(m_waiting);
    if (mustWait)
        m_waiting.push_back(std::move(run));
    else
        begin(std::move(run));
}

void LatestRuns::begin(Run &&run)
{
    const Run old = std::exchange(m_latest, std::move(run));
    m_isRunning = true;
    static_cast<Turn &>(*m_latest.turn).come();
}

/// The run with this context has ended, in its turn or before.
void LatestRuns::ended(const QObject *context)
{
    if (context == m_latest.context.get()) {
        m_isRunning = false;
        if (m_waiting.empty())
            return;
        Run next = std::move(m_waiting.front());
        m_waiting.pop_front();
        begin(std::move(next));
        return;
    }
    const auto it = std::find_if(m_waiting.begin(), m_waiting.end(), [context](const Run &run) {
        return run.context.get() == context;
    });
    if (it == m_waiting.end())
        return;
    const Run canceled = std::move(*it);
    m_waiting.erase(it);
}

void LatestRuns::cancel(const QString &reason)
{
    std::vector<CallPtr> ends;
    std::transform(m_waiting.begin(), m_waiting.end(), std::back_inserter(ends),
                   [](const Run &run) { return run.end; });
    if (m_latest.end)
        ends.push_back(m_latest.end);
    for (const CallPtr &end : ends)
        end->cancel(reason);
}

} // namespace QFerry::Detail
