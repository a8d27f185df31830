// SPDX-License-Identifier: MIT
// The public face of LimiterState. Any thread, without the admission's mutex.
#include <qferry/capacitylimiter.h>

#include <qferry/pool/admission_p.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workerpool_p.h>

namespace QFerry {

static int checkedTotal(int totalTokens)
{
    if (totalTokens < 0)
        throw InvalidUseError(
                QStringLiteral(
                        "CapacityLimiter: %1 tokens are less than none. Use 0 to admit nobody, "
                        "CapacityLimiter::Unlimited for no limit")
                        .arg(totalTokens));
    return totalTokens;
}

CapacityLimiter::CapacityLimiter(int totalTokens)
    : d(new Detail::LimiterState(checkedTotal(totalTokens)))
{}

CapacityLimiter::~CapacityLimiter()
{
    d->ownerDestroyed();
}

void CapacityLimiter::setName(const QString &name)
{
    QString previous = name; // goes without the mutex
    const auto lock = Detail::Admission::instance().lock();
    d->name.swap(previous);
}

QString CapacityLimiter::name() const
{
    const auto lock = Detail::Admission::instance().lock();
    return d->name;
}

int CapacityLimiter::totalTokens() const
{
    const auto lock = Detail::Admission::instance().lock();
    return d->total();
}

void CapacityLimiter::setTotalTokens(int totalTokens)
{
    d->setTotal(checkedTotal(totalTokens));
}

int CapacityLimiter::borrowedTokens() const
{
    const auto lock = Detail::Admission::instance().lock();
    return d->borrowed();
}

int CapacityLimiter::availableTokens() const
{
    const auto lock = Detail::Admission::instance().lock();
    return qMax(0, d->total() - d->borrowed());
}

bool CapacityLimiter::tryAcquire(const void *borrower)
{
    return d->tryAcquire(borrower);
}

bool CapacityLimiter::isBorrower(const void *borrower) const
{
    return d->isBorrower(borrower);
}

void CapacityLimiter::release(const void *borrower)
{
    d->releaseBorrower(borrower);
}

CapacityLimiter::Statistics CapacityLimiter::statistics() const
{
    const auto lock = Detail::Admission::instance().lock();
    Statistics result = d->statistics();
    Detail::WorkerPool::instance().forEachItem([&](Detail::WorkItem *item, quint64) {
        if (item->limiter() == d.data() && d->isHeldBy(item))
            result.borrowers.append(item);
    });
    return result;
}

CapacityLimiter &defaultThreadLimiter()
{
    constexpr int defaultTokens = 40;
    // Never destroyed: calls may end after main().
    static auto *limiter = [] {
        auto *made = new CapacityLimiter(defaultTokens);
        made->setName(QStringLiteral("default"));
        return made;
    }();
    return *limiter;
}

} // namespace QFerry
