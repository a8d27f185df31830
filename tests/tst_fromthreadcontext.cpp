// SPDX-License-Identifier: MIT
#include "outside.h"
#include "task.h"

#include <QtCore/qpointer.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

/// Looks like a dialog to be shown what a worker finds.
class Dialog : public QObject
{
    Q_OBJECT
public:
    int add(int number)
    {
        sum += number;
        return sum;
    }
    PendingCall<int> addLater(int number)
    {
        return toThread([](int a, int b) { return a + b; }, sum, number);
    }
    void show() { isShown = true; }

    int sum = 0;
    bool isShown = false;
};

} // namespace

class tst_FromThreadContext : public QObject
{
    Q_OBJECT

private slots:
    void functionRunsInTheThreadOfItsContext();
    void memberFunctionIsCalledOnTheContext();
    void argumentsArePassedOn();
    void asynchronousFunctionIsAwaited();
    void functionDoesNotRunForAContextThatWent_data();
    void functionDoesNotRunForAContextThatWent();
    void contextThatWentBeforeIsACancel();
    void contextOfAnotherThreadIsInvalidUse();
    void emptyFunctionIsInvalidUse();
    void outsideThreadNeedsAToken();
};

void tst_FromThreadContext::functionRunsInTheThreadOfItsContext()
{
    Dialog dialog;
    const auto where = [] { return QThread::currentThread(); };
    QCOMPARE(resultOf(toThread([&] { return fromThread(&dialog, where); })), thread());
    const LoopToken token = currentLoop();
    QCOMPARE(runOutside([&] { return fromThread(token, &dialog, where); }), thread());
    const QPointer<Dialog> pointer(&dialog);
    QCOMPARE(resultOf(toThread([&] { return fromThread(pointer, where); })), thread());
    QCOMPARE(runOutside([&] { return fromThread(token, pointer, where); }), thread());
}

void tst_FromThreadContext::memberFunctionIsCalledOnTheContext()
{
    Dialog dialog;
    QCOMPARE(resultOf(toThread([&] { return fromThread(&dialog, &Dialog::add, 2); })), 2);
    QCOMPARE(resultOf(toThread([&] { return fromThread(&dialog, &Dialog::addLater, 3); })), 5);
    resultOf(toThread([&] { fromThread(&dialog, &Dialog::show); }));
    QVERIFY(dialog.isShown);
    // Of another object, for the sake of this one.
    Dialog other;
    QCOMPARE(resultOf(toThread([&] { return fromThread(&dialog, &Dialog::add, &other, 1); })), 1);
}

void tst_FromThreadContext::argumentsArePassedOn()
{
    Dialog dialog;
    const auto worker = [&] {
        const auto add = [](const QString &text, std::unique_ptr<int> number) {
            return int(text.size()) + *number;
        };
        return fromThread(&dialog, add, QString("a"), std::make_unique<int>(4));
    };
    QCOMPARE(resultOf(toThread(worker)), 5);
}

void tst_FromThreadContext::asynchronousFunctionIsAwaited()
{
    Dialog dialog;
    const auto coroutine = [&]() -> EagerTask<int> {
        const auto call = toThread([] { return 3; });
        co_return dialog.add(co_await call);
    };
    QCOMPARE(resultOf(toThread([&] { return fromThread(&dialog, coroutine); })), 3);
}

void tst_FromThreadContext::functionDoesNotRunForAContextThatWent_data()
{
    QTest::addColumn<bool>("isAsync");
    QTest::addColumn<bool>("hasToken");
    for (const bool isAsync : { false, true }) {
        for (const bool hasToken : { false, true })
            QTest::addRow("%s, %s", isAsync ? "asynchronous" : "plain",
                          hasToken ? "with a token" : "in a worker")
                    << isAsync << hasToken;
    }
}

void tst_FromThreadContext::functionDoesNotRunForAContextThatWent()
{
    QFETCH(bool, isAsync);
    QFETCH(bool, hasToken);
    for (int round = 0; round < 20; ++round) {
        auto dialog = std::make_unique<Dialog>();
        Gate calling;
        bool hasRun = false;
        const LoopToken token = currentLoop();
        const auto call = toThread([&, pointer = QPointer<Dialog>(dialog.get())] {
            const auto plain = [&] { hasRun = true; };
            const auto async = [&] {
                hasRun = true;
                return toThread([] {});
            };
            calling.open();
            if (isAsync && hasToken)
                fromThread(token, pointer, async);
            else if (isAsync)
                fromThread(pointer, async);
            else if (hasToken)
                fromThread(token, pointer, plain);
            else
                fromThread(pointer, plain);
        });
        calling.pass();
        QThread::msleep(2); // so that it waits by now
        dialog.reset();
        QVERIFY(waitFor(call));
        QVERIFY(call.isCanceled());
        QVERIFY(!hasRun);
    }
}

void tst_FromThreadContext::contextThatWentBeforeIsACancel()
{
    auto dialog = std::make_unique<Dialog>();
    bool hasRun = false;
    Gate gone;
    const auto call = toThread([&, pointer = QPointer<Dialog>(dialog.get())] {
        gone.pass();
        fromThread(pointer, [&] { hasRun = true; });
    });
    dialog.reset();
    gone.open();
    QVERIFY(waitFor(call));
    QVERIFY(call.isCanceled());
    QVERIFY(!hasRun);
}

void tst_FromThreadContext::contextOfAnotherThreadIsInvalidUse()
{
    LoopThread other;
    bool hasRun = false;
    const auto run = [&] { hasRun = true; };
    QVERIFY(failsWith<InvalidUseError>(toThread([&] { fromThread(other.context(), run); })));
    QVERIFY(!hasRun);
}

void tst_FromThreadContext::emptyFunctionIsInvalidUse()
{
    Dialog dialog;
    void (*none)() = nullptr;
    QVERIFY(failsWith<InvalidUseError>(toThread([&] { fromThread(&dialog, none); })));
    const std::function<void()> empty;
    QVERIFY(failsWith<InvalidUseError>(toThread([&] { fromThread(&dialog, empty); })));
}

void tst_FromThreadContext::outsideThreadNeedsAToken()
{
    Dialog dialog;
    QVERIFY(throws<NoEventLoopError>([&] { runOutside([&] { fromThread(&dialog, [] {}); }); }));
}

QTEST_GUILESS_MAIN(tst_FromThreadContext)
#include "tst_fromthreadcontext.moc"
