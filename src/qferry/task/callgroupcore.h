// SPDX-License-Identifier: MIT
// Several calls as one. Any thread.
#pragma once

#include <qferry/call/callcore.h>

#include <exception>
#include <mutex>

namespace QFerry::Detail {

/**
 * A call that ends once others have: the members of a group.
 *
 * Members come one by one, from any thread, until the group has been closed and its last member has
 * ended. A member whose outcome decides the group's has all others canceled; the group waits for
 * them all the same. One mutex guards the members; calls are canceled, and the group finishes,
 * without it.
 */
class QFERRY_EXPORT CallGroupCore : public CallCore
{
public:
    ~CallGroupCore() override;

    /// \name Any thread
    /// @{
    /// False if the group has ended. What joins a group that is decided is canceled.
    [[nodiscard]] bool add(CallPtr call);
    /// Nobody waits for further members: the group ends with the last of those it has. May be
    /// called again.
    void close();
    /// How many members have not ended.
    int count() const;
    /// @}

protected:
    CallGroupCore();

    CallPtr cancelRequested(const QString &reason) override;

    /// Whether a member, which has ended, so decides how the group ends. Asked once of each.
    virtual bool decides(CallCore &member) = 0;
    /// Why the others are canceled then.
    virtual QString reasonForOthers() const = 0;
    /// Cancels them.
    virtual void cancelOthers() { cancelMembers(reasonForOthers()); }
    /// To finish the group: all members have ended. Whose outcome decided; null if none's did.
    virtual void membersEnded(const CallPtr &decider) = 0;

private:
    class Member;

    void memberFinished(Member *member);
    bool isDecided() const;
    void cancelMembers(const QString &reason);
    void endIfOver(std::unique_lock<std::mutex> lock);

    mutable std::mutex m_mutex;
    LinkedList<Member> m_members;  // this and the following: guarded by the mutex
    LinkedList<Member> m_canceled; // those that have been told
    int m_count = 0;
    bool m_isClosed = false;
    bool m_hasEnded = false;
    CallPtr m_decider;
};

/// Closes a group at the end of a block; one that not all have joined is canceled.
class GroupCloser
{
public:
    explicit GroupCloser(CallGroupCore &group) : m_group(group) {}
    ~GroupCloser()
    {
        if (std::uncaught_exceptions() > m_exceptions)
            m_group.cancel({});
        m_group.close();
    }
    Q_DISABLE_COPY_MOVE(GroupCloser)

private:
    CallGroupCore &m_group;
    const int m_exceptions = std::uncaught_exceptions();
};

} // namespace QFerry::Detail
