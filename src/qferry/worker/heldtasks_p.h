// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/loop/loopinbox_p.h>
#include <qferry/worker/activetask.h>

#include <QtCore/qstringlist.h>

#include <chrono>
#include <vector>

namespace QFerry::Detail {

/// A task that has not ended, held.
struct HeldTask
{
    CallPtr core;
    ActiveTask *task;
    bool isHere; // in the running thread
    LoopInbox::Ptr loop;
};

/// All that have waited for something, or begin in the next turn of their loop. Any thread.
std::vector<HeldTask> collectTasks();

/// Cancels all tasks of all threads, and waits for their end until the deadline; if this thread has
/// any, its loop turns meanwhile. Leaves alone those that are on this thread's stack. Returns the
/// names of those that have not ended, which are given up: only who waits for all waits again.
QStringList endTasks(std::chrono::steady_clock::time_point deadline, bool waitsForAll);

} // namespace QFerry::Detail
