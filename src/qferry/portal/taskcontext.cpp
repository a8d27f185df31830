// SPDX-License-Identifier: MIT
// What tasks of portals have from their callers. The thread that starts a task enters.
#include "taskcontext_p.h"

#include <qferry/context.h>

namespace QFerry::Detail {

static ContextVar<QString> &taskName()
{
    static auto *name =
            new ContextVar<QString>("task name"); // never destroyed: tasks may outlive main()
    return *name;
}

QString nameOfCurrentTask()
{
    return taskName().get();
}

ContextPtr contextWithTaskName(ContextPtr context, const QString &name)
{
    const void *key = &taskName();
    if (name.isEmpty() && (!context || !context->values.contains(key)))
        return context;
    ContextPtr own(context ? new ContextData(*context) : new ContextData);
    if (name.isEmpty())
        own->values.erase(key);
    else
        own->values.insert_or_assign(key, std::make_shared<const QString>(name));
    return own;
}

std::exception_ptr portalLoopFinishedError()
{
    return std::make_exception_ptr(LoopFinishedError(
            QStringLiteral("The portal's event loop ended before it could run the "
                           "function. Stop calling it before it ends")));
}

} // namespace QFerry::Detail
