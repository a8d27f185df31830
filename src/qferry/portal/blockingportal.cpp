// SPDX-License-Identifier: MIT
#include <qferry/blockingportal.h>

#include <qferry/wait/taskcontext_p.h>

#include <exception>

namespace QFerry {

namespace {

ContextVar<QString> &taskName()
{
    static auto *name =
            new ContextVar<QString>("task name"); // never destroyed: tasks may outlive main()
    return *name;
}

} // namespace

Detail::ContextPtr Detail::contextWithTaskName(Detail::ContextPtr context, const QString &name)
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

void Detail::throwEmptyPortalFunction()
{
    throw InvalidUseError(QStringLiteral(
            "A portal was given an empty function: a null pointer or an empty std::function. "
            "Pass a function"));
}

QString currentTaskName()
{
    return taskName().get();
}

BlockingPortal::BlockingPortal() : BlockingPortal(Detail::PortalState::Ptr(new Detail::PortalState))
{}

BlockingPortal::BlockingPortal(Detail::PortalState::Ptr portal) : d(std::move(portal)) {}

BlockingPortal::BlockingPortal(BlockingPortal &&other) noexcept = default;

BlockingPortal::~BlockingPortal()
{
    if (d)
        d->close(isUnwinding());
}

void BlockingPortal::stop(bool cancelRemaining)
{
    if (d)
        d->stop(cancelRemaining);
}

bool BlockingPortal::isRunning() const
{
    return d && d->isRunning();
}

PendingCall<void> BlockingPortal::sleepUntilStopped() const
{
    if (!d)
        Detail::throwPortalNotRunning();
    return PendingCall<void>(d->sleepUntilStopped());
}

} // namespace QFerry
