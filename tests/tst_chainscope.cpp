// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "testing.h"

using namespace QFerry;
using namespace Testing;

/// The scope of a call reaches the rest of its chain.
class tst_ChainScope : public QObject
{
    Q_OBJECT
private slots:
    void whatThenStartsBelongsToTheScopeOfItsCall();
    void soDoesWhatComesLaterInTheChain();
    void soDoesAStreamThatIsMadeThere();
    void whatClearsUpIsNotCanceledWithIt();
    void variablesAreThoseOfTheOneWhoAttached();
    void cancelIsASlot();

signals:
    void clicked(bool checked = false);
    void gaveUp(const QString &reason);
};

void tst_ChainScope::whatThenStartsBelongsToTheScopeOfItsCall()
{
    CancelScope scope;
    Gate running;
    const auto end = toThread({ .scope = &scope }, [] {}).then(this, [&running] {
        return toThread(openAndRunUntilCanceled(running));
    });
    QVERIFY(spinUntil([&running] { return running.tryPass(1, std::chrono::milliseconds(0)); }));
    scope.cancel();
    QVERIFY(waitFor(end));
    QVERIFY(end.isCanceled());
}

void tst_ChainScope::soDoesWhatComesLaterInTheChain()
{
    CancelScope scope;
    Gate running;
    const auto end = toThread({ .scope = &scope }, [] {})
                             .then(this, [] { return toThread([] {}); })
                             .onFailed(this, [] {})
                             .then(this, [&running] {
                                 return toThread(openAndRunUntilCanceled(running));
                             });
    QVERIFY(spinUntil([&running] { return running.tryPass(1, std::chrono::milliseconds(0)); }));
    scope.cancel();
    QVERIFY(waitFor(end));
    QVERIFY(end.isCanceled());
}

void tst_ChainScope::soDoesAStreamThatIsMadeThere()
{
    CancelScope scope;
    int items = 0;
    const auto numbers = threadedIterable([](Yield<int> &yield) {
        for (;;)
            yield(1);
    });
    const auto end = toThread({ .scope = &scope }, [] {}).then(this, [&, this] {
        return numbers().forEach(this, [&items](int) { ++items; });
    });
    QVERIFY(spinUntil([&items] { return items > 0; }));
    scope.cancel();
    QVERIFY(waitFor(end));
    QVERIFY(end.isCanceled());
}

void tst_ChainScope::whatClearsUpIsNotCanceledWithIt()
{
    CancelScope scope;
    const auto call = toThread({ .scope = &scope }, [] { runUntilCanceled(); });
    scope.cancel();
    std::atomic<bool> cleared = false;
    const auto end = call.onCanceled(this, [&cleared] {
        return toThread([&cleared] { cleared = true; });
    });
    QVERIFY(waitFor(end));
    QVERIFY(!end.isCanceled());
    QVERIFY(cleared);
}

static ContextVar<int> number("number", 0);

void tst_ChainScope::variablesAreThoseOfTheOneWhoAttached()
{
    CancelScope scope;
    const auto call = toThread({ .scope = &scope }, [] {});
    const auto token = number.set(5);
    const auto seen = call.then(this, [] { return number.get(); });
    number.reset(token);
    QCOMPARE(resultOf(seen), 5);
}

void tst_ChainScope::cancelIsASlot()
{
    CancelScope byClick;
    connect(this, &tst_ChainScope::clicked, &byClick, &CancelScope::cancel);
    CancelScope byText;
    connect(this, &tst_ChainScope::gaveUp, &byText, &CancelScope::cancel);
    emit clicked(true);
    emit gaveUp(QStringLiteral("no time"));
    QVERIFY(byClick.isCanceled() && byText.isCanceled());
    QCOMPARE(byClick.reason(), QString());
    QCOMPARE(byText.reason(), QStringLiteral("no time"));
}

QTEST_GUILESS_MAIN(tst_ChainScope)
#include "tst_chainscope.moc"
