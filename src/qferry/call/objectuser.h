// SPDX-License-Identifier: MIT
// What ends with a QObject. Under the mutex of its watch.
#pragma once

#include <qferry/call/callcore.h>

namespace QFerry::Detail {

/// A call that does something for a QObject, and ends with it: the link is guarded by the watch's
/// mutex.
class QFERRY_EXPORT ObjectUser : public ListLink<ObjectUser>
{
public:
    /// The object is gone. In the thread that destroys it, unless this has been unlinked before.
    virtual void contextDied() = 0;
    /// The call itself.
    virtual CallCore *userCall() = 0;

protected:
    ObjectUser() = default;
    ~ObjectUser() = default;
    Q_DISABLE_COPY_MOVE(ObjectUser)
};

} // namespace QFerry::Detail
