// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

/// Many scopes, and what is handed down in a tree of them.
class tst_ScopeTree : public QObject
{
    Q_OBJECT

private slots:
    void deepTreeIsCanceledAndDestroyed();
    void manySiblingsComeAndGo();
    void deadlineAndShieldAreHandedDown();
    void passedDeadlineStaysPassed();
    void pollUnderADeadlineDoesNotGrow();
    void whatIsLeftInAClosedScopeHearsOfOuterCancels();
    void deadlineIsNamed();
    void pointsInTime();
};

void tst_ScopeTree::deepTreeIsCanceledAndDestroyed()
{
    constexpr int depth = 100'000;
    CancelScope root;
    std::vector<std::unique_ptr<CancelScope>> scopes;
    CancelScope *innermost = &root;
    for (int i = 0; i < depth; ++i) {
        innermost->run([&] { scopes.push_back(std::make_unique<CancelScope>()); });
        innermost = scopes.back().get();
    }
    CapacityLimiter none(0);
    const auto call = innermost->run([&] { return toThread({ .limiter = &none }, [] {}); });
    QVERIFY(!innermost->isCanceled());
    root.cancel();
    QVERIFY(innermost->isCanceled());
    QVERIFY(call.isCanceled());

    // The innermost one alone keeps the others.
    Detail::ScopeState::Ptr state(new Detail::ScopeState({}));
    for (int i = 0; i < depth; ++i)
        state.reset(new Detail::ScopeState(state));
    state.reset();
}

void tst_ScopeTree::manySiblingsComeAndGo()
{
    constexpr int count = 100'000; // by far too many, if each looked at all
    CancelScope root;
    std::vector<std::unique_ptr<CancelScope>> scopes;
    root.run([&] {
        for (int i = 0; i < count; ++i)
            scopes.push_back(std::make_unique<CancelScope>());
    });
    for (auto &scope : scopes) // the oldest first, which is the last in a list of them
        scope.reset();
    QVERIFY(!root.isCanceled());
}

void tst_ScopeTree::deadlineAndShieldAreHandedDown()
{
    CancelScope outer;
    CancelScope middle(&outer);
    CancelScope inner(&middle);
    outer.setDeadline(QDeadlineTimer(0));
    QVERIFY(middle.isCanceled() && inner.isCanceled());
    QVERIFY(!inner.isPastDeadline());
    middle.setShielded(true);
    QVERIFY(!middle.isCanceled() && !inner.isCanceled() && outer.isCanceled());
    inner.cancel();
    QVERIFY(inner.isCanceled() && !middle.isCanceled());
    middle.setShielded(false);
    QVERIFY(middle.isCanceled());
    CancelScope late(&inner);
    QVERIFY(late.isCanceled());
}

void tst_ScopeTree::passedDeadlineStaysPassed()
{
    for (int i = 0; i < 100; ++i) {
        CancelScope scope;
        Gate running;
        const auto call = toThread({ .scope = &scope }, openAndRunUntilCanceled(running));
        running.pass();
        scope.setDeadline(1ms);
        while (!scope.isCanceled())
            QThread::yieldCurrentThread();
        scope.setDeadline(QDeadlineTimer(QDeadlineTimer::Forever));
        QVERIFY(scope.isCanceled());
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());
        QVERIFY(scope.isCanceled());
    }
}

namespace {

/// Starts its next round in the handler of the last one: in its scope.
class Poll
{
public:
    explicit Poll(int rounds) : m_rounds(rounds) {}

    void start()
    {
        m_mostKept = qMax(m_mostKept, keptScopes());
        std::ignore = moveOnAfter(1h, [this] {
            m_scopes.push_back(Detail::ScopeState::Ptr(Detail::ScopeState::current()));
            return toThread([] {}).then(&m_context, [this] {
                if (--m_rounds > 0)
                    start();
            });
        });
    }
    [[nodiscard]] bool isOver() const { return m_rounds == 0; }
    /// How many of the scopes, at most, were kept by something else than this.
    [[nodiscard]] int mostKeptScopes() const { return m_mostKept; }

private:
    [[nodiscard]] int keptScopes() const
    {
        return int(std::count_if(m_scopes.cbegin(), m_scopes.cend(), [](const auto &scope) {
            return scope->ref.loadAcquire() > 1;
        }));
    }

    QObject m_context;
    int m_rounds;
    int m_mostKept = 0;
    std::vector<Detail::ScopeState::Ptr> m_scopes;
};

} // namespace

void tst_ScopeTree::pollUnderADeadlineDoesNotGrow()
{
    Poll poll(200);
    poll.start();
    QVERIFY(spinUntil([&] { return poll.isOver(); }));
    QVERIFY2(poll.mostKeptScopes() <= 5, qPrintable(QString::number(poll.mostKeptScopes())));
}

void tst_ScopeTree::whatIsLeftInAClosedScopeHearsOfOuterCancels()
{
    CancelScope outer;
    CapacityLimiter none(0);
    PendingCall<void> left;
    PendingCall<void> nested;
    const bool hasEnded = outer.run([&] {
        return moveOnAfter(1h, [&] {
            left = toThread({ .limiter = &none }, [] {});
            nested = failAfter(1h, [&] { return toThread({ .limiter = &none }, [] {}); });
        });
    });
    QVERIFY(hasEnded);
    QVERIFY(!left.isFinished() && !nested.isFinished());
    outer.cancel();
    QVERIFY(left.isCanceled());
    QVERIFY(waitFor(nested));
    QVERIFY(nested.isCanceled());
}

void tst_ScopeTree::deadlineIsNamed()
{
    const auto reason = QStringLiteral("the server is slow");
    const auto work = [reason] {
        QString seen;
        try {
            failAfter(
                    0s,
                    [&seen] {
                        try {
                            checkCanceled();
                        } catch (const CanceledError &error) {
                            seen = error.reason();
                            throw;
                        }
                    },
                    reason);
        } catch (const TimeoutError &error) {
            return seen == reason && QString::fromUtf8(error.what()).contains(reason);
        }
        return false;
    };
    QVERIFY(resultOf(toThread(work)));
}

void tst_ScopeTree::pointsInTime()
{
    using Steady = std::chrono::steady_clock;
    const auto work = [] {
        const bool isOver = !moveOnAt(Steady::now() - 1s, [] { checkCanceled(); })
                            && !moveOnAt(QDeadlineTimer(0), [] { checkCanceled(); })
                            && throws<TimeoutError>([] {
                                   failAt(Steady::now() + 1ms, &runUntilCanceled);
                               });
        const bool isNotOver = moveOnAt(QDeadlineTimer(QDeadlineTimer::Forever), [] { return 1; }) == 1
                               && failAt(Steady::now() + 1h, [] { return 2; }) == 2;
        return isOver && isNotOver;
    };
    QVERIFY(resultOf(toThread(work)));
    QVERIFY(failsWith<TimeoutError>(failAt(Steady::now(), [] { return toThread([] {}); })));
}

QTEST_GUILESS_MAIN(tst_ScopeTree)
#include "tst_scopetree.moc"
