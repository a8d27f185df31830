// SPDX-License-Identifier: MIT
#include "testing.h"

#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// Something that a coroutine goes on using. It says how many of its kind there are that have not
/// been moved from.
template <typename Kind>
class Life
{
public:
    Life() { ++alive; }
    Life(Life &&other) noexcept : m_isAlive(std::exchange(other.m_isAlive, false)) {}
    Life &operator=(Life &&) = delete;
    ~Life()
    {
        if (m_isAlive)
            --alive;
    }

    static inline std::atomic<int> alive = 0;

private:
    bool m_isAlive = true;
};
using Capture = Life<struct CaptureTag>;
using Value = Life<struct ValueTag>;

/// An error that can be copied, as errors must.
class CountedError : public std::runtime_error
{
public:
    CountedError() : std::runtime_error("an error") { ++alive; }
    CountedError(const CountedError &other) : std::runtime_error(other) { ++alive; }
    CountedError &operator=(const CountedError &) = delete;
    ~CountedError() override { --alive; }

    static inline std::atomic<int> alive = 0;
};

/// Suspends until the loop of the thread turns.
struct NextTurn
{
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) const
    {
        QTimer::singleShot(0, [coroutine] { coroutine.resume(); });
    }
    void await_resume() const {}
};

/// What the coroutine function returns: how many captures lived when it was resumed.
auto coroutineFunction()
{
    return [capture = Capture()]() -> EagerTask<int> {
        co_await NextTurn();
        co_return Capture::alive.load();
    };
}

} // namespace

/// A coroutine function given to any entry point lives, with its captures and what it was given,
/// until what it returned has ended; and no longer.
class tst_CoroutineLife : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void cleanup();
    void run();
    void runWithAContext();
    void fromThread();
    void fromThreadWithAContext();
    void then();
    void onFailed();
    void onCanceled();
    void finally();
    void moveOnAfter();
    void failAfter();
    void portalCall();
    void startTaskSoon();
    void startTask();
    void theErrorLives();
    void theErrorPointerLives();
    void theResultLives();
};

void tst_CoroutineLife::init()
{
    QCOMPARE(Capture::alive.load(), 0);
}

void tst_CoroutineLife::cleanup()
{
    // Who finishes an operation may still be on the way out when the result is there.
    QVERIFY(spinUntil([] { return Capture::alive == 0 && Value::alive == 0 && CountedError::alive == 0; }));
}

void tst_CoroutineLife::run()
{
    QCOMPARE(QFerry::run(coroutineFunction()), 1);
}

void tst_CoroutineLife::runWithAContext()
{
    QCOMPARE(QFerry::run(this, coroutineFunction()), 1);
}

void tst_CoroutineLife::fromThread()
{
    QCOMPARE(resultOf(toThread([] { return QFerry::fromThread(coroutineFunction()); })), 1);
}

void tst_CoroutineLife::fromThreadWithAContext()
{
    const auto call = toThread([this] { return QFerry::fromThread(this, coroutineFunction()); });
    QCOMPARE(resultOf(call), 1);
}

void tst_CoroutineLife::then()
{
    QCOMPARE(resultOf(toThread([] {}).then(this, coroutineFunction())), 1);
}

void tst_CoroutineLife::onFailed()
{
    const auto call = toThread([]() -> int { throw CountedError(); });
    QCOMPARE(resultOf(call.onFailed(this, coroutineFunction())), 1);
}

void tst_CoroutineLife::onCanceled()
{
    QCOMPARE(resultOf(PendingCall<int>().onCanceled(this, coroutineFunction())), 1);
}

void tst_CoroutineLife::finally()
{
    int alive = -1;
    const auto call = toThread([] { return 7; });
    QCOMPARE(resultOf(call.finally(this,
                                   [capture = Capture(), &alive]() -> EagerTask<int> {
                                       int &seen = alive; // not through the captures any more
                                       co_await NextTurn();
                                       seen = Capture::alive;
                                       co_return 8;
                                   })),
             7);
    QCOMPARE(alive, 1);
}

void tst_CoroutineLife::moveOnAfter()
{
    QCOMPARE(resultOf(QFerry::moveOnAfter(1h, coroutineFunction())), 1);
}

void tst_CoroutineLife::failAfter()
{
    QCOMPARE(resultOf(QFerry::failAfter(1h, coroutineFunction())), 1);
}

void tst_CoroutineLife::portalCall()
{
    StartedPortal portal = startBlockingPortal();
    QCOMPARE(portal.call(coroutineFunction()), 1);
}

void tst_CoroutineLife::startTaskSoon()
{
    StartedPortal portal = startBlockingPortal();
    QCOMPARE(portal.startTaskSoon(coroutineFunction()).result(), 1);
}

void tst_CoroutineLife::startTask()
{
    StartedPortal portal = startBlockingPortal();
    auto started =
            portal.startTask([capture = Capture()](TaskStatus<int> &status) -> EagerTask<int> {
                status.started(1);
                co_await NextTurn();
                co_return Capture::alive.load();
            });
    QCOMPARE(started.future.result(), 1);
}

void tst_CoroutineLife::theErrorLives()
{
    const auto call = toThread([]() -> int { throw CountedError(); })
                              .onFailed(this, [](const std::exception &) -> EagerTask<int> {
                                  co_await NextTurn();
                                  co_return CountedError::alive.load();
                              });
    QCOMPARE(resultOf(call), 1);
}

void tst_CoroutineLife::theErrorPointerLives()
{
    const auto call = toThread([]() -> int { throw CountedError(); })
                              .onFailed(this, [](const std::exception_ptr &) -> EagerTask<int> {
                                  co_await NextTurn();
                                  co_return CountedError::alive.load();
                              });
    QCOMPARE(resultOf(call), 1);
}

void tst_CoroutineLife::theResultLives()
{
    const auto call = toThread([] { return Value(); }).then(this, [](const Value &) -> EagerTask<int> {
        co_await NextTurn();
        co_return Value::alive.load();
    });
    QCOMPARE(resultOf(call), 1);
}

QTEST_GUILESS_MAIN(tst_CoroutineLife)
#include "tst_coroutinelife.moc"
