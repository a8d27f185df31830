// SPDX-License-Identifier: MIT
// The names of tasks, which their contexts have. The thread that starts a task enters, and any that
// asks.
#include "taskname_p.h"

namespace QFerry {

namespace Detail {

static ContextVar<QString> &taskName()
{
    static auto *name =
            new ContextVar<QString>("task name"); // never destroyed: tasks may outlive main()
    return *name;
}

ContextPtr contextWithTaskName(ContextPtr context, const QString &name)
{
    const void *key = &taskName();
    if (name.isEmpty() && (!context || !context->value(key)))
        return context;
    ContextPtr own(context ? new ContextData(*context) : new ContextData);
    own->setValue(key, name.isEmpty() ? nullptr : std::make_shared<const QString>(name));
    return own;
}

} // namespace Detail

QString currentTaskName()
{
    return Detail::taskName().get();
}

} // namespace QFerry
