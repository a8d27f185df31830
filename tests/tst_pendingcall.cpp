// SPDX-License-Identifier: MIT
#include "testing.h"

#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

using namespace QFerry;
using namespace Testing;

/// What then(), onFailed() and onCanceled() make of each other.
class tst_PendingCall : public QObject
{
    Q_OBJECT
private slots:
    void theHandleOfNoCallIsFinishedAndCanceled();
    void handlesAreCopiesOfEachOther();
    void thenChainsOverEveryType();
    void thenMayIgnoreTheResult();
    void thenTakesEveryKindOfHandler();
    void onFailedStandsInForEveryType();
    void onCanceledStandsInForEveryType();
    void onFailedPassesResultsOfEveryTypeOn();
    void onCanceledPassesResultsOfEveryTypeOn();
    void errorsSkipThen();
    void errorsSkipOnCanceled();
    void cancelsSkipThenAndOnFailed();
    void onFailedMatchesAsCatchDoes();
    void onFailedTakesAnythingWithoutParameter();
    void onFailedTakesAnExceptionPointer();
    void onFailedMayRethrow();
    void anErrorInAHandlerIsTheNextHandlersError();
    void aCanceledErrorInAHandlerCancels();
    void aReturnedCallIsWaitedFor();
    void aReturnedFutureIsWaitedFor();
    void returnedCallsOfEveryTypeAreWaitedFor();
    void theErrorOfAReturnedCallIsTheHandlers();
    void aReturnedCallThatIsCanceledCancels();
    void aReturnedHandleOfNoCallCancels();
    void cancelReachesAReturnedCall();
    void standInsMayBeCallsThemselves();
    void severalConsumersGetACopyableResult();
    void theSecondConsumerOfAMoveOnlyResultFails();
    void constReferencesAreNotCopied();
    void handlersAreMovedNotCopied();
    void aHandlerIsDestroyedOnceItRan();
    void aHandlerThatIsSkippedIsDestroyed();
    void cancelBeforeDeliverySkipsTheHandler();
    void cancelOfAnyHandleReachesTheRoot();
    void cancelOfAFinishedCallDoesNothing();
    void aNullContextIsAnError();
    void anEmptyHandlerIsAnError();
};

void tst_PendingCall::theHandleOfNoCallIsFinishedAndCanceled()
{
    const PendingCall<int> none;
    QVERIFY(!none.isValid());
    QVERIFY(none.isFinished());
    QVERIFY(none.isCanceled());
    none.cancel();
    none.onProgress(this, [](const Progress &) {});
    QVERIFY_EXCEPTION_THROWN(resultOf(none), CanceledError);
}

void tst_PendingCall::handlesAreCopiesOfEachOther()
{
    CapacityLimiter closed(0);
    const auto call = toThread({ .limiter = &closed }, [] {});
    const auto copy = call;
    QVERIFY(copy.isValid());
    QVERIFY(!copy.isFinished());
    QVERIFY(!copy.isCanceled());
    copy.cancel();
    QVERIFY(call.isFinished());
    QVERIFY(call.isCanceled());
}

/// A handler that checks for From's sample and returns To's.
template <typename From, typename To>
static auto convertSample()
{
    if constexpr (std::is_void_v<From>)
        return [] { return Sample<To>::make(); };
    else
        return [](From value) -> To {
            if (!Sample<From>::matches(value))
                throw std::logic_error("wrong value");
            return Sample<To>::make();
        };
}

void tst_PendingCall::thenChainsOverEveryType()
{
    forEachResultType([]<typename From>() {
        forEachResultType([]<typename To>() {
            QObject context;
            std::optional<bool> matched;
            toThread(&Sample<From>::make)
                    .then(&context, convertSample<From, To>())
                    .then(&context, noteSample<To>(matched));
            QVERIFY(spinUntil([&] { return matched.has_value(); }));
            QVERIFY(*matched);
        });
    });
}

void tst_PendingCall::thenMayIgnoreTheResult()
{
    forEachResultType([]<typename T>() {
        QObject context;
        QCOMPARE(resultOf(toThread(&Sample<T>::make).then(&context, [] { return 1; })), 1);
    });
}

static int twice(int value)
{
    return 2 * value;
}

void tst_PendingCall::thenTakesEveryKindOfHandler()
{
    const auto call = toThread([] { return 21; });
    QCOMPARE(resultOf(call.then(this, twice)), 42);
    QCOMPARE(resultOf(call.then(this, &twice)), 42);
    QCOMPARE(resultOf(call.then(this, std::function<int(int)>(&twice))), 42);
    QCOMPARE(resultOf(call.then(this, [n = 1](int m) mutable { return n += m; })), 22);
    QCOMPARE(resultOf(call.then(this, [p = std::make_unique<int>(1)](int m) { return *p + m; })),
             22);
    const auto handler = [](const auto &n) { return n + 1; };
    QCOMPARE(resultOf(call.then(this, handler)), 22);
    const auto text = toThread(&Sample<QString>::make);
    QCOMPARE(resultOf(text.then(this, &QString::size)), qsizetype(9));
}

void tst_PendingCall::onFailedStandsInForEveryType()
{
    forEachResultType([]<typename T>() {
        QObject context;
        std::optional<bool> matched;
        toThread([]() -> T {
            throw std::domain_error("no");
        }).onFailed(&context, [](const std::domain_error &) {
              return Sample<T>::make();
          }).then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);
    });
}

void tst_PendingCall::onCanceledStandsInForEveryType()
{
    forEachResultType([]<typename T>() {
        QObject context;
        std::optional<bool> matched;
        toThread([]() -> T { throw CanceledError(); })
                .onCanceled(&context, &Sample<T>::make)
                .then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);
    });
}

void tst_PendingCall::onFailedPassesResultsOfEveryTypeOn()
{
    forEachResultType([]<typename T>() {
        QObject context;
        std::optional<bool> matched;
        toThread(&Sample<T>::make)
                .onFailed(&context, []() -> T { throw std::logic_error("not for this"); })
                .then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);
    });
}

void tst_PendingCall::onCanceledPassesResultsOfEveryTypeOn()
{
    forEachResultType([]<typename T>() {
        QObject context;
        std::optional<bool> matched;
        toThread(&Sample<T>::make)
                .onCanceled(&context, []() -> T { throw std::logic_error("not for this"); })
                .then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);
    });
}

static int failWithDomainError()
{
    throw std::domain_error("no");
}

static int fail()
{
    throw std::logic_error("must not run");
}

static int cancelItself()
{
    throw CanceledError();
}

void tst_PendingCall::errorsSkipThen()
{
    const auto call = toThread(&failWithDomainError).then(this, [] { return fail(); });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), std::domain_error);
}

void tst_PendingCall::errorsSkipOnCanceled()
{
    const auto call = toThread(&failWithDomainError).onCanceled(this, &fail);
    QVERIFY_EXCEPTION_THROWN(resultOf(call), std::domain_error);
}

void tst_PendingCall::cancelsSkipThenAndOnFailed()
{
    const auto call = toThread(&cancelItself)
                              .then(this, [] { return fail(); })
                              .onFailed(this, [](const std::exception &) { return fail(); })
                              .onFailed(this, &fail);
    QVERIFY_EXCEPTION_THROWN(resultOf(call), CanceledError);
    QVERIFY(call.isCanceled());
}

void tst_PendingCall::onFailedMatchesAsCatchDoes()
{
    const auto call = toThread(&failWithDomainError);
    const auto one = [](auto &&) { return 1; };
    QCOMPARE(resultOf(call.onFailed(this, [](const std::exception &) { return 1; })), 1);
    QCOMPARE(resultOf(call.onFailed(this, [](std::logic_error &) { return 1; })), 1);
    QCOMPARE(resultOf(call.onFailed(this, [](std::domain_error) { return 1; })), 1);
    QVERIFY_EXCEPTION_THROWN(
            resultOf(call.onFailed(this, [&](const std::runtime_error &e) { return one(e); })),
            std::domain_error);
    const auto number = toThread([]() -> int { throw 42; });
    QCOMPARE(resultOf(number.onFailed(this, [](int n) { return n; })), 42);
    QVERIFY_EXCEPTION_THROWN(
            resultOf(number.onFailed(this, [](const std::exception &) { return 1; })), int);
}

void tst_PendingCall::onFailedTakesAnythingWithoutParameter()
{
    QCOMPARE(resultOf(toThread(&failWithDomainError).onFailed(this, [] { return 1; })), 1);
    QCOMPARE(resultOf(toThread([]() -> int { throw 42; }).onFailed(this, [] { return 1; })), 1);
}

void tst_PendingCall::onFailedTakesAnExceptionPointer()
{
    const auto rethrow = [](std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (int n) {
            return n;
        }
    };
    QCOMPARE(resultOf(toThread([]() -> int { throw 42; }).onFailed(this, rethrow)), 42);
}

void tst_PendingCall::onFailedMayRethrow()
{
    const auto call = toThread(&failWithDomainError)
                              .onFailed(this, [](const std::domain_error &) -> int { throw; })
                              .onFailed(this, [](const std::domain_error &) -> int {
                                  throw std::runtime_error("another");
                              });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), std::runtime_error);
}

void tst_PendingCall::anErrorInAHandlerIsTheNextHandlersError()
{
    const auto call =
            toThread([] { return 1; }).then(this, [](int) { return failWithDomainError(); });
    QCOMPARE(resultOf(call.onFailed(this, [](const std::domain_error &) { return 2; })), 2);
}

void tst_PendingCall::aCanceledErrorInAHandlerCancels()
{
    const auto call = toThread([] {}).then(this, &cancelItself);
    QCOMPARE(resultOf(call.onFailed(this, &fail).onCanceled(this, [] { return 2; })), 2);
    QVERIFY(call.isCanceled());
}

void tst_PendingCall::aReturnedCallIsWaitedFor()
{
    Blocker blocker;
    const auto call = toThread([] { return 1; }).then(this, [&](int n) {
        return toThread(blocker.returning(n + 1));
    });
    static_assert(std::is_same_v<decltype(call), const PendingCall<int>>);
    QVERIFY(spinUntil([&] { return blocker.hasStartedAlready(); }));
    QCoreApplication::processEvents();
    QVERIFY(!call.isFinished());
    blocker.release();
    QCOMPARE(resultOf(call), 2);
}

void tst_PendingCall::aReturnedFutureIsWaitedFor()
{
    QPromise<int> promise;
    promise.start();
    const auto call = toThread([] {}).then(this, [&] { return promise.future(); });
    static_assert(std::is_same_v<decltype(call), const PendingCall<int>>);
    QTimer::singleShot(1, this, [&] {
        promise.addResult(42);
        promise.finish();
    });
    QCOMPARE(resultOf(call), 42);
    QCOMPARE(resultOf(toThread([] {}).then(this, [] { return QtFuture::makeReadyFuture(1); })), 1);
}

void tst_PendingCall::returnedCallsOfEveryTypeAreWaitedFor()
{
    forEachResultType([]<typename T>() {
        QObject context;
        std::optional<bool> matched;
        toThread([] {
        }).then(&context, [] {
              return toThread(&Sample<T>::make);
          }).then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);

        matched.reset();
        toThread([] {
        }).then(&context, [] {
              return toThread(&Sample<T>::make).future();
          }).then(&context, noteSample<T>(matched));
        QVERIFY(spinUntil([&] { return matched.has_value(); }));
        QVERIFY(*matched);
    });
}

void tst_PendingCall::theErrorOfAReturnedCallIsTheHandlers()
{
    const auto call = toThread([] {}).then(this, [] { return toThread(&failWithDomainError); });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), std::domain_error);
    const auto future =
            toThread([] {}).then(this, [] { return toThread(&failWithDomainError).future(); });
    QVERIFY_EXCEPTION_THROWN(resultOf(future), std::domain_error);
}

void tst_PendingCall::aReturnedCallThatIsCanceledCancels()
{
    const auto call = toThread([] {}).then(this, [] { return toThread(&cancelItself); });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), CanceledError);
    const auto future = toThread([] {}).then(this, [] {
        QPromise<int> promise; // never started nor finished
        return promise.future();
    });
    QVERIFY_EXCEPTION_THROWN(resultOf(future), CanceledError);
}

void tst_PendingCall::aReturnedHandleOfNoCallCancels()
{
    const auto call = toThread([] {}).then(this, [] { return PendingCall<int>(); });
    QVERIFY_EXCEPTION_THROWN(resultOf(call), CanceledError);
}

void tst_PendingCall::cancelReachesAReturnedCall()
{
    CapacityLimiter closed(0);
    PendingCall<void> inner;
    const auto outer = toThread([] {}).then(
            this, [&] { return inner = toThread({ .limiter = &closed }, [] {}); });
    QVERIFY(spinUntil([&] { return inner.isValid(); }));
    outer.cancel();
    QVERIFY(waitFor(outer));
    QVERIFY(outer.isCanceled());
    QVERIFY(inner.isCanceled());
}

void tst_PendingCall::standInsMayBeCallsThemselves()
{
    const auto another = [] { return toThread([] { return 1; }); };
    QCOMPARE(resultOf(toThread(&failWithDomainError).onFailed(this, another)), 1);
    QCOMPARE(resultOf(toThread(&cancelItself).onCanceled(this, another)), 1);
}

void tst_PendingCall::severalConsumersGetACopyableResult()
{
    Blocker blocker;
    const auto call = toThread(blocker.returning(Sample<QString>::make()));
    std::vector<PendingCall<QString>> consumers;
    for (int i = 0; i < 5; ++i) {
        consumers.push_back(call.then(this, [](QString text) { return text; }));
        consumers.push_back(call.then(this, [](const QString &text) { return text; }));
        consumers.push_back(call.then(this, [](QString &&text) { return std::move(text); }));
    }
    blocker.release();
    for (const auto &consumer : consumers)
        QCOMPARE(resultOf(consumer), Sample<QString>::make());
    QCOMPARE(resultOf(call), Sample<QString>::make());
}

void tst_PendingCall::theSecondConsumerOfAMoveOnlyResultFails()
{
    const auto call = toThread(&Sample<MoveOnly>::make);
    const auto first = call.then(this, [](const MoveOnly &pointer) { return *pointer; });
    const auto second = call.then(this, [](MoveOnly pointer) { return *pointer; });
    QCOMPARE(resultOf(first), 42);
    QVERIFY_EXCEPTION_THROWN(resultOf(second), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(call), InvalidUseError);
    QCOMPARE(resultOf(call.then(this, [] { return 1; })), 1); // does not want it
}

void tst_PendingCall::constReferencesAreNotCopied()
{
    Counted::resetCounts();
    const auto call = toThread([] { return Counted(42); });
    const auto look = [](const Counted &counted) { return counted.value; };
    const auto first = call.then(this, look);
    const auto second = call.then(this, look);
    QCOMPARE(resultOf(first) + resultOf(second), 84);
    QCOMPARE(Counted::copies(), 0);
}

void tst_PendingCall::handlersAreMovedNotCopied()
{
    const auto call = toThread([] { return 1; });
    Counted::resetCounts();
    QCOMPARE(resultOf(call.then(this, [counted = Counted(2)](int n) { return n + counted.value; })),
             3);
    QCOMPARE(Counted::copies(), 0);
}

void tst_PendingCall::aHandlerIsDestroyedOnceItRan()
{
    QVERIFY(spinUntil([] { return Counted::alive() == 0; })); // those of the tests before
    const auto handled = toThread([] {}).then(this, [counted = Counted()] {});
    QVERIFY(waitFor(handled));
    QCOMPARE(Counted::alive(), 0);
}

void tst_PendingCall::aHandlerThatIsSkippedIsDestroyed()
{
    const int before = Counted::alive();
    const auto call = toThread([] { return 1; });
    const auto failed = call.onFailed(this, [counted = Counted()] { return 2; });
    const auto canceled = call.onCanceled(this, [counted = Counted()] { return 2; });
    QVERIFY(waitFor(failed) && waitFor(canceled));
    QCOMPARE(Counted::alive(), before);
}

void tst_PendingCall::cancelBeforeDeliverySkipsTheHandler()
{
    const auto call = toThread([] {});
    QVERIFY(waitFor(call));
    const auto handled = call.then(this, &fail);
    handled.cancel();
    QVERIFY_EXCEPTION_THROWN(resultOf(handled), CanceledError);
}

void tst_PendingCall::cancelOfAnyHandleReachesTheRoot()
{
    CapacityLimiter closed(0);
    const auto root = toThread({ .limiter = &closed }, [] { return 1; });
    const auto middle = root.then(this, twice).onFailed(this, [] { return 2; });
    const auto branch = root.then(this, twice);
    const auto tail = middle.then(this, twice).onCanceled(this, [] { return 3; });
    tail.cancel();
    QVERIFY(root.isCanceled());
    QVERIFY(waitFor(middle) && waitFor(branch));
    QVERIFY(middle.isCanceled() && branch.isCanceled());
}

void tst_PendingCall::cancelOfAFinishedCallDoesNothing()
{
    const auto call = toThread([] { return 1; });
    QVERIFY(waitFor(call));
    call.cancel();
    QVERIFY(!call.isCanceled());
    QCOMPARE(resultOf(call), 1);
}

void tst_PendingCall::aNullContextIsAnError()
{
    const auto call = toThread([] { return 1; });
    QVERIFY_EXCEPTION_THROWN(resultOf(call.then(nullptr, twice)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(call.onFailed(nullptr, [] { return 1; })), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(call.onCanceled(nullptr, [] { return 1; })), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(call.onProgress(nullptr, [](const Progress &) {}), InvalidUseError);
}

void tst_PendingCall::anEmptyHandlerIsAnError()
{
    const auto call = toThread([] { return 1; });
    int (*const null)(int) = nullptr;
    const std::function<int()> empty;
    QVERIFY_EXCEPTION_THROWN(resultOf(call.then(this, null)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(call.then(this, empty)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(call.onFailed(this, empty)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(resultOf(call.onCanceled(this, empty)), InvalidUseError);
    QVERIFY_EXCEPTION_THROWN(call.onProgress(this, std::function<void(const Progress &)>()),
                             InvalidUseError);
}

QTEST_GUILESS_MAIN(tst_PendingCall)
#include "tst_pendingcall.moc"
