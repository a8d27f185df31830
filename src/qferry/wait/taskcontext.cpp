// SPDX-License-Identifier: MIT
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

ContextPtr contextOfTask(ContextPtr context, bool keepsLoan, const ScopeState::Ptr &scope)
{
    if (!scope && (!context || (!context->scope && (keepsLoan || !context->loan))))
        return context;
    ContextPtr own(context ? new ContextData(*context) : new ContextData);
    own->scope.reset(scope.data());
    if (!keepsLoan)
        own->loan.reset();
    return own;
}

std::exception_ptr portalLoopFinishedError()
{
    return std::make_exception_ptr(LoopFinishedError(
            QStringLiteral("The portal's event loop ended before it could run the "
                           "function. Stop calling it before it ends")));
}

} // namespace QFerry::Detail
