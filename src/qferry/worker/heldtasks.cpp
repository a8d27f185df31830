// SPDX-License-Identifier: MIT
// The tasks that are under way, and their end. Any thread enters.
#include "heldtasks_p.h"

#include <qferry/base/names_p.h>
#include <qferry/loop/inboxregistry_p.h>
#include <qferry/worker/callsend_p.h>

#include <algorithm>

namespace QFerry::Detail {

using Clock = std::chrono::steady_clock;

std::vector<HeldTask> collectTasks()
{
    std::vector<HeldTask> tasks;
    for (const LoopInbox::Ptr &inbox : InboxRegistry::instance().all()) {
        const bool isHere = inbox->isCurrent();
        inbox->forEachEndListener([&](LoopEndListener *listener) {
            if (auto *task = dynamic_cast<ActiveTask *>(listener))
                tasks.push_back({ CallPtr(task), task, isHere, inbox });
        });
    }
    return tasks;
}

/// But for those that cannot end before the running function returns.
static std::vector<HeldTask> tasksToEnd()
{
    std::vector<HeldTask> tasks = collectTasks();
    std::erase_if(tasks,
                  [](const HeldTask &held) { return held.isHere && held.task->isRunning(); });
    return tasks;
}

static void waitFor(const std::vector<HeldTask> &tasks, Clock::time_point deadline)
{
    CallsEnd end;
    for (const HeldTask &held : tasks)
        end.expect(*held.core);
    if (std::any_of(tasks.begin(), tasks.end(), [](const HeldTask &held) { return held.isHere; })) {
        end.turnUntil(deadline);
        return;
    }
    // Who waits for this thread's loop would wait until it turns again.
    if (LoopInbox *inbox = LoopInbox::existing())
        inbox->loopEnded();
    end.waitUntil(deadline);
}

QStringList endTasks(Clock::time_point deadline, bool waitsForAll)
{
    for (;;) { // those that are canceled may start others
        std::vector<HeldTask> tasks = tasksToEnd();
        for (const HeldTask &held : tasks)
            held.core->cancel(QStringLiteral("the application is shutting down"));
        if (!waitsForAll)
            std::erase_if(tasks, [](const HeldTask &held) { return held.task->isGivenUp(); });
        if (tasks.empty())
            break;
        waitFor(tasks, deadline);
        if (Clock::now() >= deadline)
            break;
    }
    QStringList names;
    for (const HeldTask &held : tasksToEnd()) {
        held.task->giveUp();
        names.append(shownName(held.task->name(), "unnamed task"));
    }
    return names;
}

} // namespace QFerry::Detail
