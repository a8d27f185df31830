// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/pendingcall.h>

#include <QtCore/qlist.h>

namespace QFerry {

namespace Detail {
class OpenGroup;
}

/**
 * Calls that belong together, and that come one by one: the group ends once, when all have ended.
 *
 * What belongs to a group is what one waits for: usually the last handle of a chain, so that its
 * handlers have run. Dropping the group cancels what is left in it. Thread safe, but for its
 * destructor.
 */
class QFERRY_EXPORT CallGroup
{
public:
    /// What a call that fails, or is canceled, does to the others of its group.
    enum class OnFailure {
        CancelOthers, ///< the group ends as that call did, once the others have ended
        GoOn          ///< nothing: each error is a matter of its call
    };

    explicit CallGroup(OnFailure onFailure = OnFailure::CancelOthers);
    ~CallGroup();
    Q_DISABLE_COPY_MOVE(CallGroup)

    /// Adds a call, and returns it. Calls may join as long as the group has not ended; then
    /// InvalidUseError is thrown, and the call goes on by itself. What joins a canceled group is
    /// canceled.
    template <typename T>
    PendingCall<T> add(PendingCall<T> call)
    {
        addCore(call.core());
        return call;
    }

    /// Ends when no call of the group is left: at once, if none is. Members may add further ones
    /// until then. Always the same call; canceling it cancels the group.
    PendingCall<void> whenDone();

    /// Cancels all calls.
    void cancel(const QString &reason = {});
    /// How many calls have not ended.
    int count() const;

private:
    void addCore(Detail::CallPtr call);

    const QExplicitlySharedDataPointer<Detail::OpenGroup> d;
};

} // namespace QFerry
