// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;

namespace {

constexpr auto shortTime = 30ms;
const QString longText = QStringLiteral("a text that is too long to be kept in the object itself");

} // namespace

class tst_Deadlines : public QObject
{
    Q_OBJECT

private slots:
    void asynchronousBodyIsKeptUntilItsEnd();
    void asynchronousBodyIsGoneWhenItsResultArrives();
    void asynchronousBodyThatThrowsIsGone();
    void lazyBodyIsUnderTheDeadline();
    void deadlineThatPassesWhileTheBodyBeginsIsTheReason();
};

void tst_Deadlines::asynchronousBodyIsKeptUntilItsEnd()
{
    Gate release;
    const auto body = [&release](const QString &text) {
        return [&release, text, counted = Counted()]() -> Task<QString> {
            co_await toThread([&release] { release.pass(); });
            co_return text + QString::number(counted.value);
        };
    };
    const int before = Counted::alive();
    const auto failing = failAfter(1h, body(longText));
    const auto moving = moveOnAfter(1h, body(longText));
    QCOMPARE(Counted::alive(), before + 2);
    release.open(2);
    QCOMPARE(resultOf(failing), longText + u'0');
    QCOMPARE(resultOf(moving), std::optional(QString(longText + u'0')));
}

void tst_Deadlines::asynchronousBodyIsGoneWhenItsResultArrives()
{
    const int before = Counted::alive();
    int alive = -1;
    const auto call = failAfter(1h, [counted = Counted()] { return toThread([] {}); });
    QObject context;
    const auto handled = call.then(&context, [&alive] { alive = Counted::alive(); });
    QVERIFY(waitFor(handled));
    QCOMPARE(alive, before);
}

void tst_Deadlines::asynchronousBodyThatThrowsIsGone()
{
    const int before = Counted::alive();
    QVERIFY(throws<std::domain_error>([] {
        (void)failAfter(1h, [counted = Counted()]() -> PendingCall<void> {
            throw std::domain_error("body");
        });
    }));
    QCOMPARE(Counted::alive(), before);
}

void tst_Deadlines::lazyBodyIsUnderTheDeadline()
{
    Gate running;
    const auto body = [&running]() -> LazyTask<int> {
        co_await toThread(openAndRunUntilCanceled(running));
        co_return 1;
    };
    QVERIFY(failsWith<TimeoutError>(failAfter(shortTime, body)));
    QCOMPARE(resultOf(moveOnAfter(shortTime, body)), std::optional<int>());
}

void tst_Deadlines::deadlineThatPassesWhileTheBodyBeginsIsTheReason()
{
    for (int i = 0; i < 1000; ++i) {
        const auto timeout = std::chrono::nanoseconds(i % 200 * 500);
        QVERIFY(failsWith<TimeoutError>(
                failAfter(timeout, [] { return toThread([] { runUntilCanceled(); }); })));
    }
}

QTEST_GUILESS_MAIN(tst_Deadlines)
#include "tst_deadlines.moc"
