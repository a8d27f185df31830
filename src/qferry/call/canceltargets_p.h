// SPDX-License-Identifier: MIT
// Whom a cancel concerns. The thread that cancels.
#pragma once

#include <qferry/call/cancelhook.h>
#include <qferry/call/scopestate.h>

#include <optional>
#include <vector>

namespace QFerry::Detail {

/// Members of scopes, collected under their mutex and held so that they can be told without it.
class CancelTargets
{
public:
    enum Which { All, Untold };

    explicit CancelTargets(Which which = All) : m_which(which) {}

    /// Under the mutex. Without memory for all of them it takes what it can, one at least.
    void add(const LinkedList<ScopeMember> &members)
    {
        for (const ScopeMember *member : members) {
            if (m_last)
                return;
            if (m_which == All || !hasBeenTold(*member))
                add(*member);
        }
    }
    bool isEmpty() const { return m_targets.empty() && !m_last; }
    /// Whether there was memory for all.
    bool isComplete() const { return !m_last; }

    /// Runs foreign code.
    void tell(const QString &reason) const
    {
        for (const Target &target : m_targets)
            target.tell(reason);
        if (m_last)
            m_last->tell(reason);
    }

private:
    struct Target
    {
        explicit Target(const ScopeMember &member) : call(member.call()), hook(member.hook()) {}
        void tell(const QString &reason) const
        {
            if (call)
                call->cancel(reason);
            else
                hook->run();
        }
        CallPtr call;
        HookPtr hook;
    };

    void add(const ScopeMember &member)
    {
        try {
            m_targets.emplace_back(member);
        } catch (const std::bad_alloc &) {
            m_last.emplace(member);
        }
    }
    static bool hasBeenTold(const ScopeMember &member)
    {
        const CallCore *const call = member.call();
        return call ? call->isCancelRequested() || call->isFinished() : member.hook()->hasRun();
    }

    const Which m_which;
    std::vector<Target> m_targets;
    std::optional<Target> m_last; // that there was memory for; others have not been added
};

} // namespace QFerry::Detail
