// SPDX-License-Identifier: MIT
// What TaskOptions say of a task's start. The thread that starts it.
#include "tasklaunch.h"

#include <qferry/cancelscope.h>
#include <qferry/taskname.h>

namespace QFerry::Detail {

TaskLaunch TaskLaunch::with(const TaskOptions &options) const
{
    TaskLaunch launch = *this;
    launch.name = options.name;
    if (options.scope)
        launch.scope = options.scope->state();
    return launch;
}

} // namespace QFerry::Detail
