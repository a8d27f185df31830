// SPDX-License-Identifier: MIT
#include "outside.h"

#include <functional>

using namespace QFerry;
using namespace Testing;

namespace {

template <typename Base, typename... Errors>
constexpr bool isBaseOf = (std::is_base_of_v<Base, Errors> && ...);

static_assert(isBaseOf<std::runtime_error, Error>);
static_assert(isBaseOf<Error, NoEventLoopError, LoopFinishedError, CanceledError, TimeoutError,
                       ChannelClosedError, ChannelTimeoutError, PortalNotRunningError,
                       SenderDestroyedError, ThreadStartError, InvalidUseError>);
static_assert(isBaseOf<TimeoutError, ChannelTimeoutError>);
static_assert(!isBaseOf<CanceledError, TimeoutError> && !isBaseOf<TimeoutError, CanceledError>);
static_assert(std::is_nothrow_copy_constructible_v<std::runtime_error>);
static_assert(std::is_copy_constructible_v<CanceledError> && std::is_copy_constructible_v<Error>);

using Action = std::function<void()>;

/// Which error is thrown, by name; empty if it is none of QFerry's.
QByteArray nameOf(const Error &error)
{
    const std::pair<QByteArray, bool> names[] = {
        { "NoEventLoopError", dynamic_cast<const NoEventLoopError *>(&error) },
        { "LoopFinishedError", dynamic_cast<const LoopFinishedError *>(&error) },
        { "CanceledError", dynamic_cast<const CanceledError *>(&error) },
        { "TimeoutError", dynamic_cast<const TimeoutError *>(&error) },
        { "ThreadStartError", dynamic_cast<const ThreadStartError *>(&error) },
        { "InvalidUseError", dynamic_cast<const InvalidUseError *>(&error) },
    };
    for (const auto &[name, matches] : names) {
        if (matches)
            return name;
    }
    return {};
}

} // namespace

Q_DECLARE_METATYPE(Action)

class tst_Errors : public QObject
{
    Q_OBJECT
private slots:
    void messagesAreUtf8();
    void canceledErrorTellsTheReason();
    void everyErrorCanBeCaughtAsItsBases();
    void errorsAreNamedAndSayWhatToDo_data();
    void errorsAreNamedAndSayWhatToDo();
    void errorsKeepTheirTypeAcrossThreads();
};

void tst_Errors::messagesAreUtf8()
{
    const InvalidUseError error(QStringLiteral("größer € 😀"));
    QCOMPARE(QByteArray(error.what()), QByteArray("größer € 😀"));
    QCOMPARE(error.message(), QStringLiteral("größer € 😀"));
}

void tst_Errors::canceledErrorTellsTheReason()
{
    QCOMPARE(CanceledError().reason(), QString());
    QVERIFY(!CanceledError().message().isEmpty());
    const CanceledError error(QStringLiteral("the window closed"));
    QCOMPARE(error.reason(), QStringLiteral("the window closed"));
    QVERIFY(error.message().contains(error.reason()));
}

void tst_Errors::everyErrorCanBeCaughtAsItsBases()
{
    const QString text = QStringLiteral("text");
    QVERIFY_EXCEPTION_THROWN(throw ChannelTimeoutError(text), TimeoutError);
    QVERIFY_EXCEPTION_THROWN(throw ChannelTimeoutError(text), Error);
    QVERIFY_EXCEPTION_THROWN(throw PortalNotRunningError(text), Error);
    QVERIFY_EXCEPTION_THROWN(throw ChannelClosedError(text), std::runtime_error);
    QVERIFY_EXCEPTION_THROWN(throw ThreadStartError(text), std::exception);
}

static LoopToken finishedLoop()
{
    LoopThread thread;
    LoopToken token;
    thread.call([&token] { token = currentLoop(); });
    return token;
}

/// Runs an action and keeps what it throws, to be thrown elsewhere.
static std::exception_ptr errorOf(const Action &action)
{
    try {
        action();
        return {};
    } catch (...) {
        return std::current_exception();
    }
}

/// Runs an action in an event loop.
static void runInLoop(const Action &action)
{
    LoopThread thread;
    std::exception_ptr error;
    thread.call([&] { error = errorOf(action); });
    if (error)
        std::rethrow_exception(error);
}

void tst_Errors::errorsAreNamedAndSayWhatToDo_data()
{
    QTest::addColumn<Action>("action");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("advice");
    const auto row = [](const char *tag, const char *name, const char *advice, Action action) {
        QTest::addRow("%s", tag) << std::move(action) << QByteArray(name)
                                 << QString::fromUtf8(advice);
    };
    using namespace std::chrono_literals;

    row("negative tokens", "InvalidUseError", "Use 0", [] { CapacityLimiter(-1); });
    row("null borrower", "InvalidUseError", "Pass",
        [] { std::ignore = CapacityLimiter(1).tryAcquire(nullptr); });
    row("token held twice", "InvalidUseError", "Release", [] {
        CapacityLimiter limiter(2);
        std::ignore = limiter.tryAcquire(&limiter);
        std::ignore = limiter.tryAcquire(&limiter);
    });
    row("empty function", "InvalidUseError", "Pass a function",
        [] { resultOf(toThread(std::function<void()>())); });
    row("timeout of zero", "InvalidUseError", "positive",
        [] { resultOf(toThread({ .timeout = 0ns }, [] {})); });
    row("null context", "InvalidUseError", "Pass the object",
        [] { resultOf(toThread([] {}).then(nullptr, [] {})); });
    row("empty handler", "InvalidUseError", "Pass a function",
        [] { resultOf(toThread([] {}).then(qApp, std::function<void()>())); });
    row("progress without context", "InvalidUseError", "needs a context",
        [] { toThread([] {}).onProgress(nullptr, [](const Progress &) {}); });
    row("result taken twice", "InvalidUseError", "Attach one", [] {
        const auto call = toThread(&Sample<MoveOnly>::make);
        resultOf(call);
        resultOf(call);
    });
    row("no result in a promise", "InvalidUseError", "Add it",
        [] { resultOf(toThread([](QPromise<int> &) {})); });
    row("fromThread on the loop's thread", "InvalidUseError", "",
        [] { fromThread(currentLoop(), [] {}); });
    row("waiting in a loop's thread", "InvalidUseError", "then()",
        [] { runInLoop([] { waitInThread(toThread([] {})); }); });
    row("negative quit timeout", "InvalidUseError", "0 does not wait",
        [] { setQuitTimeout(std::chrono::milliseconds(-1)); });
    row("shutdown in a worker", "InvalidUseError", "main thread",
        [] { resultOf(toThread([] { shutdown(0ms); })); });

    row("checkCanceled outside of workers", "NoEventLoopError", "", [] { checkCanceled(); });
    row("isCanceled outside of workers", "NoEventLoopError", "",
        [] { std::ignore = isCanceled(); });
    row("reportProgress outside of workers", "NoEventLoopError", "", [] { reportProgress(1); });
    row("onCancel outside of workers", "NoEventLoopError", "",
        [] { std::ignore = onCancel([] {}); });
    row("fromThread outside of workers", "NoEventLoopError", "currentLoop",
        [] { runOutside([] { fromThread([] {}); }); });
    row("currentLoop without loop", "NoEventLoopError", "",
        [] { runOutside([] { std::ignore = currentLoop(); }); });

    row("a finished loop", "LoopFinishedError", "", [] { fromThread(finishedLoop(), [] {}); });
    row("a timeout", "TimeoutError", "timeout", [] {
        CapacityLimiter closed(0);
        resultOf(toThread({ .limiter = &closed, .timeout = 1ms }, [] {}));
    });
}

void tst_Errors::errorsAreNamedAndSayWhatToDo()
{
    QFETCH(Action, action);
    QFETCH(QByteArray, name);
    QFETCH(QString, advice);
    QByteArray thrown;
    QString message;
    try {
        action();
    } catch (const Error &error) {
        thrown = nameOf(error);
        message = error.message();
    }
    QCOMPARE(thrown, name);
    QVERIFY2(message.contains(advice), qPrintable(message));
    QVERIFY2(message.contains(u' '), qPrintable(message));
}

void tst_Errors::errorsKeepTheirTypeAcrossThreads()
{
    QVERIFY_EXCEPTION_THROWN(
            resultOf(toThread([] { throw PortalNotRunningError(QStringLiteral("closed")); })),
            PortalNotRunningError);
    QVERIFY_EXCEPTION_THROWN(
            resultOf(toThread(
                    [] { fromThread([] { throw ChannelClosedError(QStringLiteral("full")); }); })),
            ChannelClosedError);
}

QTEST_GUILESS_MAIN(tst_Errors)
#include "tst_errors.moc"
