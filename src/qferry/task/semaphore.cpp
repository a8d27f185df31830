// SPDX-License-Identifier: MIT
// Semaphore and its permits. Any thread.
#include <qferry/semaphore.h>

#include <qferry/errors.h>
#include <qferry/task/permits_p.h>

#include <utility>

namespace QFerry {

static int checkedNumber(int permits)
{
    if (permits < 0)
        throw InvalidUseError(QStringLiteral("Semaphore: %1 permits are less than none. Use 0 if "
                                             "there are none to take at first")
                                      .arg(permits));
    return permits;
}

Semaphore::Semaphore(int permits) : d(new Detail::Permits(checkedNumber(permits))) {}

Semaphore::~Semaphore()
{
    d->endAll(QStringLiteral("the semaphore that it waited for was destroyed"));
}

PendingCall<Semaphore::Permit> Semaphore::acquire()
{
    return Detail::PermitCall<Permit>::start(d);
}

std::optional<Semaphore::Permit> Semaphore::tryAcquire()
{
    if (!d->tryPass())
        return std::nullopt;
    return Permit(d);
}

int Semaphore::value() const
{
    return d->free();
}

Semaphore::Permit::Permit() noexcept = default;
Semaphore::Permit::Permit(Permit &&other) noexcept = default;

Semaphore::Permit::Permit(Detail::Permits::Ptr permits) noexcept : d(std::move(permits)) {}

Semaphore::Permit &Semaphore::Permit::operator=(Permit &&other) noexcept
{
    Permit old(std::move(*this));
    d = std::move(other.d);
    return *this;
}

Semaphore::Permit::~Permit()
{
    release();
}

void Semaphore::Permit::release()
{
    if (const auto permits = std::exchange(d, {}))
        permits->giveBack();
}

/// It is not this one's any more, and has not been given back. False if it was none.
bool Semaphore::Permit::disown()
{
    return bool(std::exchange(d, {}));
}

} // namespace QFerry
