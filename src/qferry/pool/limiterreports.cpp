// SPDX-License-Identifier: MIT
// Warns of limiters that are stuck, and says what calls wait for. Looks under the admission's
// mutex, also in the alarm's thread; so it speaks in an errand, without the mutex.
#include "limiterreports_p.h"

#include <qferry/base/logging_p.h>
#include <qferry/base/names_p.h>
#include <qferry/pool/admission_p.h>
#include <qferry/pool/limiterstate_p.h>
#include <qferry/pool/workerpool_p.h>
#include <qferry/thread/alarm_p.h>
#include <qferry/thread/errands_p.h>

#include <exception>

namespace QFerry::Detail {

using namespace std::chrono_literals;

namespace {

constexpr auto lookEvery = 1s;

/// The calls that hold a limiter's tokens.
struct Holders
{
    QStringList names;
    QStringList abandoned; // of those, whose function runs on, unheard
    int blocked = 0;       // of those, the ones that wait themselves
};

/// Under the admission's mutex.
Holders holdersOf(const LimiterState *limiter)
{
    Holders holders;
    WorkerPool::instance().forEachItem([&](WorkItem *item, quint64) {
        if (item->limiter() != limiter || !limiter->isHeldBy(item))
            return;
        holders.names.append(shownName(item->name()));
        if (item->isAbandoned())
            holders.abandoned.append(holders.names.last());
        holders.blocked += item->isBlocked();
    });
    return holders;
}

QString tokensText(int count)
{
    return count == 1 ? QStringLiteral("The only token of a limiter is")
                      : QStringLiteral("All %1 tokens of a limiter are").arg(count);
}

/// As an errand, as this may be the alarm thread, and have locked the admission's mutex: who
/// listens to messages may take its time. False if nobody can run it.
bool tell(const QString &text)
{
    try {
        return runErrand([text] {
            if (const LogPermit permit; permit)
                qCWarning(lcQFerry).noquote() << text;
        });
    } catch (const std::exception &) {
        return false;
    }
}

/// Under the admission's mutex.
void tellIfAbandoned(LimiterState *limiter) noexcept
try {
    const Holders holders = holdersOf(limiter);
    LimiterState::Told &told = limiter->told;
    told.isFullOfAbandoned = limiter->borrowed() >= limiter->total()
                             && int(holders.abandoned.size()) >= limiter->borrowed();
    if (!told.isFullOfAbandoned || told.ofAbandoned)
        return;
    told.ofAbandoned =
            tell(QStringLiteral("%1 held by abandoned calls, whose functions still run: %2. Other "
                                "calls under it begin when those return")
                         .arg(tokensText(limiter->borrowed()), namesText(holders.abandoned)));
    told.isFullOfAbandoned = !told.ofAbandoned;
} catch (const std::bad_alloc &) { // the next one tells
}

/// Looks at all limiters while something waits.
class Watch final : public Alarm
{
public:
    static Watch &instance()
    {
        static auto *watch = new Watch; // never destroyed: calls may wait after main()
        return *watch;
    }
    ~Watch() override { clear(); }

    /// Under the admission's mutex.
    void begin() noexcept
    {
        if (m_isLooking)
            return;
        try {
            set(Clock::now() + lookEvery);
            m_isLooking = true;
        } catch (const std::bad_alloc &) { // then the next one begins it
        }
    }

private:
    void ring() override
    {
        const auto lock = Admission::instance().lock();
        m_isLooking = false;
        LimiterState::forEach([&](LimiterState *limiter) {
            if (limiter->waitingCount() == 0)
                return;
            begin();
            look(limiter);
        });
    }

    /// All its holders wait, as they did when it was last looked at, and none came since.
    static void look(LimiterState *limiter) noexcept
    try {
        LimiterState::Told &told = limiter->told;
        const Holders holders = holdersOf(limiter);
        const bool allBlocked = limiter->borrowed() > 0 && limiter->borrowed() >= limiter->total()
                                && holders.blocked == limiter->borrowed();
        const bool isSame = std::exchange(told.grants, limiter->grants()) == limiter->grants();
        if (!std::exchange(told.allWereBlocked, allBlocked) || !allBlocked || !isSame
            || told.ofBlocked)
            return;
        told.ofBlocked = tell(
                QStringLiteral("%1 held by calls that wait, in fromThread() or for other calls: "
                               "%2. If one of them waits for what is queued behind them (%3 in "
                               "all), they wait for ever. Give the limiter more tokens, or the "
                               "calls that others wait for a limiter of their own")
                        .arg(tokensText(limiter->borrowed()), namesText(holders.names))
                        .arg(limiter->waitingCount()));
    } catch (const std::bad_alloc &) { // the next look tells
    }

    bool m_isLooking = false; // guarded by the admission's mutex
};

} // namespace

QString whyNotBegun(const LimiterWaiter *waiter)
{
    const auto lock = Admission::instance().lock();
    const LimiterState *limiter = LimiterState::inUseBy(waiter);
    if (!limiter || limiter->isHeldBy(waiter) || limiter->borrowed() < limiter->total())
        return QStringLiteral("it waited for a thread");
    if (limiter->total() == 0)
        return QStringLiteral("its limiter has no tokens");
    const Holders holders = holdersOf(limiter);
    const QString text = limiter->borrowed() == 1
                                 ? QStringLiteral("the only token of its limiter is held")
                                 : QStringLiteral("all %1 tokens of its limiter are held")
                                           .arg(limiter->borrowed());
    if (!holders.abandoned.isEmpty())
        return QStringLiteral("%1, %2 of them by abandoned calls: %3")
                .arg(text)
                .arg(holders.abandoned.size())
                .arg(namesText(holders.abandoned));
    return holders.names.isEmpty() ? text
                                   : text + QStringLiteral(" by ") + namesText(holders.names);
}

void tokenAbandoned(const LimiterWaiter *holder)
{
    const auto lock = Admission::instance().lock();
    LimiterState *limiter = LimiterState::inUseBy(holder);
    if (!limiter || limiter->told.ofAbandoned)
        return;
    limiter->told.isFullOfAbandoned = limiter->borrowed() >= limiter->total();
    if (limiter->waitingCount() > 0)
        tellIfAbandoned(limiter);
}

void waitingBegins(LimiterState *limiter) noexcept
{
    Watch::instance().begin();
    if (Q_UNLIKELY(limiter->told.isFullOfAbandoned))
        tellIfAbandoned(limiter);
}

} // namespace QFerry::Detail
