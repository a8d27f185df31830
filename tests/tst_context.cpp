// SPDX-License-Identifier: MIT
#include "outside.h"
#include "task.h"

using namespace QFerry;
using namespace Testing;

namespace {

// Calls that outlive a test may use them, so they live at namespace scope.
ContextVar<QString> user("user", QStringLiteral("nobody"));
ContextVar<int> depth("depth");
ContextVar<std::shared_ptr<Counted>> counted("counted");

/// Sets a variable for the rest of a test.
template <typename T>
class Setting
{
public:
    Setting(ContextVar<T> &variable, T value)
        : m_variable(variable), m_token(variable.set(std::move(value)))
    {}
    ~Setting() { m_variable.reset(m_token); }
    Q_DISABLE_COPY_MOVE(Setting)

private:
    ContextVar<T> &m_variable;
    ContextToken m_token;
};

EagerTask<QString> userAfterASuspension()
{
    co_await toThread([] {});
    co_return user.get();
}

} // namespace

class tst_Context : public QObject
{
    Q_OBJECT

private slots:
    void defaultIsReadUntilAValueIsSet();
    void resetPutsTheOldValueBack();
    void valueOfTheCallerIsReadInTheFunction();
    void valueIsTheOneAsOfTheCall();
    void writesStayInTheCall();
    void fromThreadSeesTheWorkersValues();
    void fromThreadSeesThemAfterASuspension();
    void writesInFromThreadDoNotComeBack();
    void handlersSeeTheValuesOfWhoAttachedThem();
    void nestedCallsInheritFromTheirCaller();
    void newThreadsStartEmpty();
    void valuesAreReleasedWithTheCall_data();
    void valuesAreReleasedWithTheCall();
    void valuesOfFromThreadAreReleased();
    void tokenOfAnotherContextIsInvalidUse();
    void tokenOfAnotherVariableIsInvalidUse();
    void contextCanBeKeptAndRun();
    void runOfAContextReturnsAndThrows();
    void valuesGoWhenTheNewOnesAreThere();
    void variableKnowsItsName();
};

void tst_Context::defaultIsReadUntilAValueIsSet()
{
    QCOMPARE(user.get(), QStringLiteral("nobody"));
    QCOMPARE(depth.get(), 0);
    const Setting set(user, QStringLiteral("ada"));
    QCOMPARE(user.get(), QStringLiteral("ada"));
}

void tst_Context::resetPutsTheOldValueBack()
{
    const ContextToken outer = depth.set(1);
    const ContextToken inner = depth.set(2);
    QCOMPARE(depth.get(), 2);
    depth.reset(inner);
    QCOMPARE(depth.get(), 1);
    depth.reset(outer);
    QCOMPARE(depth.get(), 0);
}

void tst_Context::valueOfTheCallerIsReadInTheFunction()
{
    const Setting set(user, QStringLiteral("ada"));
    QCOMPARE(resultOf(toThread([] { return user.get(); })), QStringLiteral("ada"));
    QCOMPARE(resultOf(toThread({ .thread = Thread::Dedicated }, [] { return user.get(); })),
             QStringLiteral("ada"));
}

void tst_Context::valueIsTheOneAsOfTheCall()
{
    CapacityLimiter limiter(0);
    PendingCall<int> call;
    {
        const Setting set(depth, 1);
        call = toThread({ .limiter = &limiter }, [] { return depth.get(); });
    }
    const Setting later(depth, 2);
    limiter.setTotalTokens(1);
    QCOMPARE(resultOf(call), 1);
}

void tst_Context::writesStayInTheCall()
{
    CapacityLimiter one(1); // so both use one worker
    const Setting set(depth, 1);
    const auto work = [] {
        const int found = depth.get();
        (void)depth.set(found + 10);
        return depth.get();
    };
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work)), 11);
    QCOMPARE(resultOf(toThread({ .limiter = &one }, work)), 11);
    QCOMPARE(depth.get(), 1);
}

void tst_Context::fromThreadSeesTheWorkersValues()
{
    const Setting set(depth, 1);
    const auto work = [] {
        (void)depth.set(5);
        const int plain = fromThread([] { return depth.get(); });
        const int started = fromThread([] { return toThread([] { return depth.get(); }); });
        return std::pair(plain, started);
    };
    QCOMPARE(resultOf(toThread(work)), std::pair(5, 5));
    QCOMPARE(depth.get(), 1);

    const LoopToken token = currentLoop();
    const auto outside = [&] {
        (void)depth.set(7);
        return fromThread(token, [] { return depth.get(); });
    };
    QCOMPARE(runOutside(outside), 7);
}

void tst_Context::fromThreadSeesThemAfterASuspension()
{
    const Setting set(user, QStringLiteral("loop"));
    const auto work = [] {
        (void)user.set(QStringLiteral("worker"));
        return fromThread(&userAfterASuspension);
    };
    QCOMPARE(resultOf(toThread(work)), QStringLiteral("worker"));
    QCOMPARE(user.get(), QStringLiteral("loop"));
}

void tst_Context::writesInFromThreadDoNotComeBack()
{
    const auto work = [] {
        (void)depth.set(1);
        fromThread([] { (void)depth.set(2); });
        fromThread([]() -> EagerTask<int> {
            (void)depth.set(3);
            co_await toThread([] {});
            co_return depth.get();
        });
        return depth.get();
    };
    QCOMPARE(resultOf(toThread(work)), 1);
    QCOMPARE(depth.get(), 0);
}

void tst_Context::handlersSeeTheValuesOfWhoAttachedThem()
{
    int seen = 0;
    PendingCall<void> call;
    {
        const Setting set(depth, 3);
        call = toThread([] { (void)depth.set(4); }).then(this, [&] { seen = depth.get(); });
    }
    resultOf(call);
    QCOMPARE(seen, 3);
}

void tst_Context::nestedCallsInheritFromTheirCaller()
{
    const auto work = [] {
        (void)depth.set(8);
        return waitInThread(toThread([] { return depth.get(); }));
    };
    QCOMPARE(resultOf(toThread(work)), 8);
}

void tst_Context::newThreadsStartEmpty()
{
    const Setting set(user, QStringLiteral("ada"));
    QCOMPARE(OutsideThread([] { return user.get(); }).result(), QStringLiteral("nobody"));
    LoopThread thread;
    QString inLoop;
    thread.call([&] { inLoop = user.get(); });
    QCOMPARE(inLoop, QStringLiteral("nobody"));
}

void tst_Context::valuesAreReleasedWithTheCall_data()
{
    QTest::addColumn<QString>("ending");
    for (const char *ending : { "value", "error", "canceled while queued", "abandoned", "handled" })
        QTest::newRow(ending) << ending;
}

void tst_Context::valuesAreReleasedWithTheCall()
{
    QFETCH(QString, ending);
    const int before = Counted::alive();
    CapacityLimiter limiter(ending == u"canceled while queued" ? 0 : 1);
    Gate running;
    Gate release;
    PendingCall<void> call;
    PendingCall<void> handler;
    {
        const Setting set(counted, std::make_shared<Counted>());
        call = toThread({ .limiter = &limiter, .abandonOnCancel = ending == u"abandoned" }, [&] {
            (void)counted.set(std::make_shared<Counted>());
            running.open();
            release.pass();
            if (ending == u"error")
                throw std::runtime_error("expected");
        });
        if (ending == u"handled")
            handler = call.then(this, [] {});
    }
    if (ending == u"canceled while queued") {
        call.cancel();
    } else {
        running.pass();
        QVERIFY(Counted::alive() > before);
        if (ending == u"abandoned")
            call.cancel();
        release.open();
    }
    call.onFailed(this, [] {}).onCanceled(this, [] {});
    QVERIFY(waitFor(call));
    QVERIFY(spinUntil([&] { return Counted::alive() == before; })); // the handles live on
}

void tst_Context::valuesOfFromThreadAreReleased()
{
    const int before = Counted::alive();
    Gate release;
    Gate left;
    const auto call = toThread([&] {
        Context::current().run([] {
            (void)counted.set(std::make_shared<Counted>());
            fromThread([] {});
            fromThread([] { return toThread([] {}); });
            fromThread(&userAfterASuspension);
        });
        left.open();
        release.pass();
    });
    QVERIFY(spinUntil([&] { return left.tryPass(1, std::chrono::milliseconds(0)); }));
    QVERIFY(spinUntil([&] { return Counted::alive() == before; }));
    release.open();
    resultOf(call);
}

void tst_Context::tokenOfAnotherContextIsInvalidUse()
{
    const ContextToken token = depth.set(1);
    const auto resets = [&] { return throws<InvalidUseError>([&] { depth.reset(token); }); };
    QVERIFY(resultOf(toThread(resets)));
    QVERIFY(Context::current().run(resets));
    QVERIFY(OutsideThread(resets).result());
    QCOMPARE(depth.get(), 1);
    depth.reset(token);
}

void tst_Context::tokenOfAnotherVariableIsInvalidUse()
{
    static ContextVar<int> other("other");
    const ContextToken token = depth.set(1);
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, other.reset(token));
    QVERIFY_THROWS_EXCEPTION(InvalidUseError, depth.reset(ContextToken()));
    depth.reset(token);
}

void tst_Context::contextCanBeKeptAndRun()
{
    const ContextToken token = depth.set(6);
    const Context context = Context::current();
    depth.reset(token);
    QCOMPARE(depth.get(), 0);
    const auto look = [] {
        const int found = depth.get();
        (void)depth.set(found + 1);
        return found;
    };
    QCOMPARE(context.run(look), 6);
    QCOMPARE(context.run(look), 6); // each in a copy
    QCOMPARE(OutsideThread([&] { return context.run(look); }).result(), 6);
    QCOMPARE(depth.get(), 0);
}

void tst_Context::runOfAContextReturnsAndThrows()
{
    const Context context = Context::current();
    QCOMPARE(*context.run([] { return std::make_unique<int>(2); }), 2);
    QVERIFY_THROWS_EXCEPTION(std::domain_error, context.run([] { throw std::domain_error("x"); }));
    int value = 1;
    int &reference = context.run([&]() -> int & { return value; });
    QCOMPARE(&reference, &value);
}

void tst_Context::valuesGoWhenTheNewOnesAreThere()
{
    static ContextVar<std::shared_ptr<void>> guard("guard");
    bool sawItself = true;
    const auto onEnd = [&sawItself](int *end) {
        sawItself = bool(guard.get());
        (void)depth.set(*end);
        delete end;
    };
    const int before = depth.get();
    const auto token = guard.set(nullptr);
    (void)guard.set(std::shared_ptr<void>(new int(7),
                                          [onEnd](void *end) { onEnd(static_cast<int *>(end)); }));
    guard.reset(token);
    QVERIFY(!sawItself);
    QCOMPARE(depth.get(), 7);
    (void)depth.set(before);
}

void tst_Context::variableKnowsItsName()
{
    QCOMPARE(user.name(), QStringLiteral("user"));
}

QTEST_GUILESS_MAIN(tst_Context)
#include "tst_context.moc"
