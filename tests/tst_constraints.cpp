// SPDX-License-Identifier: MIT
#include "testing.h"

#include <coroutine>

using namespace QFerry;
using namespace Testing;

// What the types promise, checked while this compiles. What must not compile with a message of
// ours is in compilefail/.
namespace {

template <typename T>
constexpr bool isValue = std::is_copy_constructible_v<T> &&std::is_copy_assignable_v<T>
        &&std::is_nothrow_move_constructible_v<T> &&std::is_nothrow_move_assignable_v<T>
                &&std::is_nothrow_destructible_v<T>;

template <typename T>
constexpr bool isMoveOnly =
        !std::is_copy_constructible_v<
                T> && !std::is_copy_assignable_v<T> && std::is_nothrow_move_constructible_v<T> && std::is_move_assignable_v<T>;

template <typename T>
constexpr bool isFixed =
        !std::is_copy_constructible_v<
                T> && !std::is_copy_assignable_v<T> && !std::is_move_constructible_v<T> && !std::is_move_assignable_v<T>;

// Handles and tokens are values.
static_assert(isValue<PendingCall<void>> && isValue<PendingCall<int>>);
static_assert(isValue<PendingCall<MoveOnly>> && isValue<PendingCall<CopyOnly>>);
static_assert(isValue<LoopToken> && isValue<Context> && isValue<ContextToken>);
static_assert(isValue<CallOptions> && isValue<Progress> && isValue<ActiveCall>);
static_assert(isValue<CapacityLimiter::Statistics>);
static_assert(std::is_nothrow_default_constructible_v<LoopToken>);
static_assert(std::is_default_constructible_v<PendingCall<int>>);
static_assert(!std::is_default_constructible_v<Context>);
static_assert(std::equality_comparable<LoopToken> && std::equality_comparable<Progress>);

// A registration ends with one owner; what others refer to by address does not move.
static_assert(isMoveOnly<CancelRegistration>);
static_assert(isFixed<CapacityLimiter> && isFixed<CancelScope>);
static_assert(isFixed<ContextVar<int>> && isFixed<ContextVar<QString>>);

// A call says what it will be of.
template <typename F, typename... Args>
using CallOf = decltype(toThread(std::declval<F>(), std::declval<Args>()...));

static_assert(std::is_same_v<CallOf<void (*)()>, PendingCall<void>>);
static_assert(std::is_same_v<CallOf<int (*)(QString), const char *>, PendingCall<int>>);
static_assert(std::is_same_v<CallOf<const QString &(*)()>, PendingCall<QString>>);
static_assert(std::is_same_v<CallOf<MoveOnly (*)(MoveOnly), MoveOnly>, PendingCall<MoveOnly>>);
static_assert(std::is_same_v<CallOf<void (*)(QPromise<int> &)>, PendingCall<int>>);
static_assert(std::is_same_v<CallOf<void (*)(QPromise<void> &, int), int>, PendingCall<void>>);
static_assert(std::is_same_v<CallOf<qsizetype (QString::*)() const noexcept, QString>,
                             PendingCall<qsizetype>>);
static_assert(std::is_same_v<PendingCall<int>::ResultType, int>);

// Handles become futures, of the same type only.
static_assert(std::is_convertible_v<PendingCall<int>, QFuture<int>>);
static_assert(std::is_convertible_v<PendingCall<void>, QFuture<void>>);
static_assert(std::is_convertible_v<PendingCall<MoveOnly>, QFuture<MoveOnly>>);
static_assert(!std::is_convertible_v<PendingCall<int>, QFuture<QString>>);
static_assert(!std::is_convertible_v<PendingCall<int>, PendingCall<long>>);
static_assert(!std::is_convertible_v<PendingCall<int>, int>);

// Handlers return what they make of the result; what comes later is flattened.
template <typename T, typename F>
using ThenOf = decltype(std::declval<PendingCall<T>>().then(nullptr, std::declval<F>()));
template <typename T, typename F>
using OnFailedOf = decltype(std::declval<PendingCall<T>>().onFailed(nullptr, std::declval<F>()));

static_assert(std::is_same_v<ThenOf<int, QString (*)(int)>, PendingCall<QString>>);
static_assert(std::is_same_v<ThenOf<int, void (*)()>, PendingCall<void>>);
static_assert(std::is_same_v<ThenOf<int, const QString &(*)(int)>, PendingCall<QString>>);
static_assert(std::is_same_v<ThenOf<MoveOnly, int (*)(MoveOnly &&)>, PendingCall<int>>);
static_assert(std::is_same_v<ThenOf<void, PendingCall<int> (*)()>, PendingCall<int>>);
static_assert(std::is_same_v<ThenOf<void, QFuture<MoveOnly> (*)()>, PendingCall<MoveOnly>>);
static_assert(std::is_same_v<OnFailedOf<int, int (*)(const std::exception &)>, PendingCall<int>>);
static_assert(std::is_same_v<OnFailedOf<double, int (*)()>, PendingCall<double>>);
static_assert(std::is_same_v<OnFailedOf<int, QFuture<int> (*)()>, PendingCall<int>>);

// What is asynchronous, and what is not.
struct NotAwaitable
{
    bool await_ready();
};
static_assert(Detail::Asynchronous<PendingCall<int>> && Detail::Asynchronous<QFuture<int> &>);
static_assert(Detail::Asynchronous<std::suspend_always>);
static_assert(!Detail::Asynchronous<int> && !Detail::Asynchronous<void>);
static_assert(!Detail::Asynchronous<NotAwaitable> && !Detail::Asynchronous<QPromise<int>>);

// Options are designated, and so are not mistaken for a function.
static_assert(std::is_aggregate_v<CallOptions>);
template <typename Options>
concept NeedsNoFunction = requires(Options options)
{
    toThread(options);
};
static_assert(!NeedsNoFunction<CallOptions>);

// Borrowers are named by address.
template <typename T>
concept Borrows = requires(CapacityLimiter &limiter, T borrower)
{
    limiter.release(borrower);
};
static_assert(Borrows<void *> && Borrows<const QObject *>);
static_assert(!Borrows<int> && !Borrows<QObject>);
static_assert(!std::is_convertible_v<int, CapacityLimiter>);

} // namespace

/// Has nothing to do: that it compiled is the test.
class tst_Constraints : public QObject
{
    Q_OBJECT
private slots:
    void hold() {}
};

QTEST_GUILESS_MAIN(tst_Constraints)
#include "tst_constraints.moc"
