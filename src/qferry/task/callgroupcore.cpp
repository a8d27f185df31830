// SPDX-License-Identifier: MIT
// Who joins a group, decides it, is canceled and ends. Any thread; no call is touched under the
// mutex.
#include "callgroupcore.h"

#include <utility>

namespace QFerry::Detail {

/// What a group keeps of one of its calls until that has ended.
class CallGroupCore::Member final : public InCallMemory,
                                    public Continuation,
                                    public ListLink<CallGroupCore::Member>
{
public:
    Member(CallGroupCore *group, CallPtr call) : m_group(group), m_call(std::move(call)) {}

    void callFinished() override { m_group->memberFinished(this); }
    void deliver() override {} // no inbox has it
    void loopFinished() override {}

private:
    friend class CallGroupCore;

    CallGroupCore *const m_group;
    CallPtr m_call;
};

CallGroupCore::CallGroupCore()
{
    ref.ref(); // until it has ended
}

CallGroupCore::~CallGroupCore() = default;

bool CallGroupCore::add(CallPtr call)
{
    auto *member = new Member(this, call);
    bool isTooLate = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_hasEnded) {
            isTooLate = true;
        } else {
            m_members.prepend(member);
            ++m_count;
        }
    }
    if (isTooLate) {
        delete member;
        return false;
    }
    call->attach(member);
    if (isCancelRequested())
        call->cancel(QStringLiteral("its group was canceled"));
    else if (isDecided())
        call->cancel(reasonForOthers());
    return true;
}

void CallGroupCore::close()
{
    std::unique_lock lock(m_mutex);
    m_isClosed = true;
    endIfOver(std::move(lock));
}

bool CallGroupCore::isDecided() const
{
    const std::lock_guard lock(m_mutex);
    return bool(m_decider);
}

int CallGroupCore::count() const
{
    const std::lock_guard lock(m_mutex);
    return m_count;
}

CallPtr CallGroupCore::cancelRequested(const QString &reason)
{
    cancelMembers(reason);
    return {};
}

void CallGroupCore::cancelMembers(const QString &reason)
{
    for (;;) {
        CallPtr call;
        {
            const std::lock_guard lock(m_mutex);
            Member *member = m_members.takeFirst();
            if (!member)
                return;
            m_canceled.prepend(member);
            call = member->m_call;
        }
        call->cancel(reason);
    }
}

/// The group does not end while it counts the member, so it is here until then.
void CallGroupCore::memberFinished(Member *member)
{
    bool isDecider = false;
    if (decides(*member->m_call)) {
        const std::lock_guard lock(m_mutex);
        if (!m_decider) {
            m_decider = member->m_call;
            isDecider = true;
        }
    }
    if (isDecider)
        cancelOthers();

    {
        const std::lock_guard lock(m_mutex);
        member->unlink();
    }
    delete member; // and its reference: the group may be the only one that can see the result
    std::unique_lock lock(m_mutex);
    --m_count;
    endIfOver(std::move(lock));
}

void CallGroupCore::endIfOver(std::unique_lock<std::mutex> lock)
{
    if (m_hasEnded || !m_isClosed || m_count > 0)
        return;
    m_hasEnded = true;
    const CallPtr decider = std::move(m_decider);
    lock.unlock();
    if (decider)
        decider->observe();
    membersEnded(decider);
    release(this);
}

} // namespace QFerry::Detail
