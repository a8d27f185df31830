// SPDX-License-Identifier: MIT
#include "tasks.h"

#include <qferryqml/registertask.h>

void registerTasks()
{
    QFerry::registerTask("findFiles", &findFiles);
    QFerry::registerTask("hashFile", &hashFile);
}
