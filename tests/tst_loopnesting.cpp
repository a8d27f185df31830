// SPDX-License-Identifier: MIT
#include "outside.h"

#include <QtCore/qeventloop.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// How deep functions run one inside the other.
class Depth
{
public:
    template <typename F>
    void run(F &&fn)
    {
        m_most = qMax(m_most, ++m_now);
        fn();
        --m_now;
    }
    [[nodiscard]] int most() const { return m_most; }

private:
    int m_now = 0;
    int m_most = 0;
};

constexpr int fewLevels = 10;

bool pollUntil(const std::function<bool()> &predicate)
{
    const QDeadlineTimer deadline(watchdog);
    while (!predicate() && !deadline.hasExpired())
        QCoreApplication::processEvents();
    return predicate();
}

bool execUntil(const std::function<bool()> &predicate)
{
    QEventLoop loop;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (predicate())
            loop.quit();
    });
    QTimer::singleShot(watchdog, &loop, [&] { loop.exit(1); });
    look.start(1);
    return loop.exec() == 0;
}

void turnOnce()
{
    QEventLoop loop;
    QTimer::singleShot(0, &loop, &QEventLoop::quit);
    loop.exec();
}

/// The results of so many calls wait for the calling thread's loop; the handler is run for each.
void letResultsWait(int count, QObject *context, const std::function<void()> &handler)
{
    for (int i = 0; i < count; ++i)
        toThread([] {}).then(context, handler);
    const QDeadlineTimer deadline(watchdog);
    while (!activeCalls().isEmpty() && !deadline.hasExpired())
        QThread::msleep(1);
}

} // namespace

class tst_LoopNesting : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase_data();
    void handlersThatTurnTheLoopNestLittle_data();
    void handlersThatTurnTheLoopNestLittle();
    void requestsThatTurnTheLoopNestLittle();
    void itemsWhoseHandlerTurnsTheLoopNestLittle();
    void everythingArrivesInADialogAmongManyResults();
    void loopDeepInsideGetsResults_data();
    void loopDeepInsideGetsResults();
};

void tst_LoopNesting::initTestCase_data()
{
    QTest::addColumn<bool>("withoutGlib");
    QTest::newRow("the usual event loop") << false;
    QTest::newRow("without glib") << true;
}

/// A loop of the kind that the row of the whole test wants.
static std::unique_ptr<LoopThread> makeThread()
{
    QFETCH_GLOBAL(bool, withoutGlib);
    const QByteArray before = qgetenv("QT_NO_GLIB");
    if (withoutGlib)
        qputenv("QT_NO_GLIB", "1");
    auto thread = std::make_unique<LoopThread>();
    if (before.isEmpty())
        qunsetenv("QT_NO_GLIB");
    return thread;
}

void tst_LoopNesting::handlersThatTurnTheLoopNestLittle_data()
{
    QTest::addColumn<bool>("hasLoop");
    QTest::newRow("processEvents") << false;
    QTest::newRow("exec") << true;
}

void tst_LoopNesting::handlersThatTurnTheLoopNestLittle()
{
    QFETCH(bool, hasLoop);
    constexpr int count = 8000;
    const auto thread = makeThread();
    Depth depth;
    int delivered = 0;
    Gate done;
    thread->call([&] {
        letResultsWait(count, thread->context(), [&, hasLoop] {
            depth.run([hasLoop] { hasLoop ? turnOnce() : QCoreApplication::processEvents(); });
            if (++delivered == count)
                done.open();
        });
    });
    QVERIFY(done.tryPass(1, watchdog * 2));
    thread->call([] {});
    QVERIFY2(depth.most() <= fewLevels, qPrintable(QString::number(depth.most())));
}

void tst_LoopNesting::requestsThatTurnTheLoopNestLittle()
{
    constexpr int count = 40;
    const auto thread = makeThread();
    Depth depth;
    LoopToken token;
    thread->call([&] { token = currentLoop(); });
    std::vector<std::unique_ptr<OutsideThread<void>>> callers;
    thread->call([&] {
        for (int i = 0; i < count; ++i) {
            callers.push_back(std::make_unique<OutsideThread<void>>([&] {
                fromThread(token, [&] { depth.run([] { QCoreApplication::processEvents(); }); });
            }));
        }
        QThread::msleep(50); // so that most of them wait
    });
    for (const auto &caller : callers)
        caller->result();
    QVERIFY2(depth.most() <= fewLevels, qPrintable(QString::number(depth.most())));
}

void tst_LoopNesting::itemsWhoseHandlerTurnsTheLoopNestLittle()
{
    constexpr int count = 3000;
    const auto thread = makeThread();
    Depth depth;
    int received = 0;
    Gate done;
    std::optional<FromThreadChannel<int>> channel;
    PendingCall<void> loop;
    thread->call([&] {
        const auto numbers = [](Yield<int> &yield) {
            for (int i = 0; i < count; ++i)
                yield(i);
        };
        loop = threadedIterable(numbers)().forEach(thread->context(), [&](int) {
            depth.run([] { QCoreApplication::processEvents(); });
            if (++received == count)
                done.open();
        });
    });
    QVERIFY(done.tryPass(1, watchdog * 2));
    thread->call([] {});
    QVERIFY2(depth.most() <= fewLevels, qPrintable(QString::number(depth.most())));
}

void tst_LoopNesting::everythingArrivesInADialogAmongManyResults()
{
    constexpr int count = 3000;
    const auto thread = makeThread();
    int delivered = 0;
    bool allCame = false;
    Gate done;
    const auto dialog = [&] {
        int results = 0;
        int answers = 0;
        toThread([] {}).then(thread->context(), [&] { ++results; });
        const auto asking = toThread([&] { fromThread([&] { ++answers; }); });
        const auto future = toThread([] {}).future();
        allCame = execUntil([&] { return results == 1 && answers == 1 && future.isFinished(); });
        (void)execUntil([&] { return asking.isFinished(); });
    };
    thread->call([&] {
        letResultsWait(count, thread->context(), [&] {
            QCoreApplication::processEvents();
            if (++delivered == count / 2)
                dialog();
            if (delivered == count)
                done.open();
        });
    });
    QVERIFY(done.tryPass(1, watchdog * 2));
    thread->call([] {});
    QVERIFY(allCame);
}

void tst_LoopNesting::loopDeepInsideGetsResults_data()
{
    QTest::addColumn<bool>("polls");
    QTest::newRow("exec") << false;
    QTest::newRow("processEvents again and again") << true;
}

void tst_LoopNesting::loopDeepInsideGetsResults()
{
    QFETCH(bool, polls);
    constexpr int levels = 12;
    const auto thread = makeThread();
    int returned = 0;
    int level = 0;
    Gate done;
    std::function<void()> handler = [&] {
        const int mine = ++level;
        if (mine < levels) {
            toThread([] {}).then(thread->context(), handler);
            const auto isInnerDone = [&] { return returned >= levels - mine; };
            (void)(polls ? pollUntil(isInnerDone) : execUntil(isInnerDone));
        }
        ++returned;
        if (mine == 1)
            done.open();
    };
    thread->call([&] { toThread([] {}).then(thread->context(), handler); });
    QVERIFY(done.tryPass(1, watchdog * 2));
    QCOMPARE(returned, levels);
}

QTEST_GUILESS_MAIN(tst_LoopNesting)
#include "tst_loopnesting.moc"
