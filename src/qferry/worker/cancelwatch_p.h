// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/cancelhook.h>
#include <qferry/worker/workercall.h>

namespace QFerry::Detail {

/**
 * While it lives, a blocking wait of the running thread hears of what cancels it: the cancel of the
 * worker's call, or of the scope that the thread runs in.
 */
class CancelWatch
{
public:
    /// Of an abandonable call: nobody would hear of the end of a wait, but it may free what others
    /// need.
    enum class Abandonable { GoesOn, Leaves };

    /// wake: as for onCancel(); runs at once if there is a cancel.
    explicit CancelWatch(std::function<void()> wake, Abandonable abandonable = Abandonable::GoesOn);
    ~CancelWatch();
    Q_DISABLE_COPY_MOVE(CancelWatch)

    /// Whether there is anything to hear of, if abandonable calls go on.
    static bool hasSource();
    /// Whether a wait would then be canceled at once.
    static bool isCanceled();
    /// Why it was canceled.
    static QString reason();

private:
    WorkerCall *const m_host;
    HookPtr m_hook;
};

} // namespace QFerry::Detail
