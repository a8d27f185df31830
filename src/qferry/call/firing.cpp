// SPDX-License-Identifier: MIT
// The list of a thread, which that thread enters alone; what it puts off may be taken by a thread
// for errands.
#include "firing_p.h"

#include <qferry/thread/alarm_p.h>
#include <qferry/thread/errands_p.h>

#include <utility>

namespace QFerry::Detail {

using namespace std::chrono_literals;

constexpr auto patience = 20ms; // with foreign code, before another thread runs what is left

static thread_local Firing *t_firing = nullptr; // the innermost

void Firing::List::append(InboxItem *first)
{
    (m_first ? m_last->m_next : m_first) = first;
    while (first->m_next)
        first = first->m_next;
    m_last = first;
}

Continuation *Firing::List::takeAll()
{
    return static_cast<Continuation *>(std::exchange(m_first, nullptr));
}

Continuation *Firing::List::take()
{
    InboxItem *first = m_first;
    if (first)
        m_first = std::exchange(first->m_next, nullptr);
    return static_cast<Continuation *>(first);
}

/// What is left while one of several runs foreign code.
class Firing::Rest final : private Alarm
{
public:
    explicit Rest(Continuation *first)
    {
        m_list.append(first);
        set(Clock::now() + patience);
    }
    ~Rest() override { clear(); }

    Continuation *take()
    {
        const std::lock_guard lock(m_mutex);
        return m_list.take();
    }

private:
    void ring() override
    {
        const std::lock_guard lock(m_mutex);
        Continuation *const all = m_list.takeAll();
        if (all && !runErrand([all] { begin(all); })) {
            m_list.append(all);
            set(Clock::now() + errandDelay);
        }
    }

    std::mutex m_mutex;
    List m_list; // guarded by the mutex
};

inline Firing::Firing() : m_outer(t_firing) {}
inline Firing::~Firing() = default;

void Firing::run(Continuation *first)
{
    if (t_firing && !t_firing->m_isForeign)
        t_firing->m_soon.append(first);
    else
        begin(first);
}

void Firing::runInTurn(Continuation *first)
{
    if (t_firing)
        t_firing->m_soon.append(first);
    else
        begin(first);
}

void Firing::begin(Continuation *first)
{
    Firing firing;
    if (Q_LIKELY(!first->m_next)) {
        firing.runOnly(first);
        return;
    }
    firing.m_soon.append(first);
    firing.runAll();
}

/// As runAll(), where nobody has to be sorted. What might be foreign code is taken for it.
inline void Firing::runOnly(Continuation *continuation)
{
    m_isForeign = true;
    t_firing = this;
    try {
        continuation->callFinished();
    } catch (...) {
        runAll();
        t_firing = m_outer;
        throw;
    }
    if (Q_UNLIKELY(!m_soon.isEmpty()))
        runAll();
    t_firing = m_outer;
}

void Firing::runOthersHere()
{
    for (Firing *firing = t_firing; firing; firing = firing->m_outer) {
        if (!firing->m_isForeign)
            return; // it does not wait, whatever it seems
        firing->runAll();
        firing->m_isForeign = true; // as before
    }
}

void Firing::runOthersHere(std::unique_lock<std::mutex> &lock)
{
    if (Q_LIKELY(!t_firing))
        return;
    lock.unlock();
    runOthersHere();
    lock.lock();
}

Continuation *Firing::next()
{
    while (Continuation *continuation = m_soon.take()) {
        m_isForeign = continuation->mayWait();
        if (!m_isForeign)
            return continuation;
        m_last.append(continuation);
    }
    m_isForeign = true;
    return nextForeign();
}

Continuation *Firing::nextForeign()
{
    if (Q_UNLIKELY(m_rest)) {
        if (Continuation *continuation = m_rest->take())
            return continuation;
        m_rest.reset();
    }
    Continuation *continuation = m_last.take();
    if (Continuation *others = m_last.takeAll()) {
        try {
            m_rest = std::make_unique<Rest>(others);
        } catch (const std::bad_alloc &) {
            m_last.append(others);
        }
    }
    return continuation;
}

/// Also if one of them throws, which then goes on.
void Firing::runAll()
{
    Firing *const running = std::exchange(t_firing, this);
    std::exception_ptr error;
    while (Continuation *continuation = next()) {
        try {
            continuation->callFinished();
        } catch (...) {
            error = std::current_exception();
        }
    }
    t_firing = running;
    if (Q_UNLIKELY(error))
        std::rethrow_exception(error);
}

} // namespace QFerry::Detail
