// SPDX-License-Identifier: MIT
// CallGroup is a handle of a CallGroupCore. Any thread.
#include <qferry/callgroup.h>

#include <qferry/call/functionhandler.h>
#include <qferry/task/callgroupcore.h>

namespace QFerry {

namespace Detail {

/// A group that is open until somebody waits for its end.
class OpenGroup final : public CallGroupCore
{
public:
    explicit OpenGroup(CallGroup::OnFailure onFailure) : m_onFailure(onFailure) {}

protected:
    bool decides(CallCore &member) override
    {
        return m_onFailure == CallGroup::OnFailure::CancelOthers
               && member.outcome() != Outcome::Value;
    }
    QString reasonForOthers() const override
    {
        return QStringLiteral("another call of its group has failed or was canceled");
    }
    void membersEnded(const CallPtr &decider) override
    {
        if (decider)
            finishAs(*decider);
        else
            finish(isCancelRequested() ? Outcome::Canceled : Outcome::Value);
    }

private:
    const CallGroup::OnFailure m_onFailure;
};

} // namespace Detail

CallGroup::CallGroup(OnFailure onFailure) : d(new Detail::OpenGroup(onFailure)) {}

CallGroup::~CallGroup()
{
    d->cancel(QStringLiteral("its group was destroyed"));
    d->close();
}

PendingCall<void> CallGroup::whenDone()
{
    d->close();
    return PendingCall<void>(Detail::CallPtr(d.data()));
}

void CallGroup::cancel(const QString &reason)
{
    d->cancel(reason);
}

int CallGroup::count() const
{
    return d->count();
}

void CallGroup::addCore(Detail::CallPtr call)
{
    if (!d->add(orCanceled(std::move(call)))) {
        throw InvalidUseError(QStringLiteral(
                "A call was added to a group that has ended. Add calls before whenDone(), or while "
                "others of the group are under way"));
    }
}

} // namespace QFerry
