// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"
#include "ledger.h"
#include "random.h"

namespace Stress {

using namespace QFerry;
using namespace std::chrono_literals;

inline ContextVar<int> mark("mark");

/// A call, in the ledger, of a function that does something at random. depth: how many levels of
/// further calls it may make.
PendingCall<Counted> makeCall(Random &random, const CallOptions &options = {}, int depth = 2);

// What a call's function may do. All may throw.

inline void doNothing(Random &, int) {}

inline void fail(Random &random, int)
{
    if (random.oneIn(2))
        throw std::runtime_error("expected");
    throw 42;
}

inline void workUntilCanceled(Random &random, int)
{
    const auto end = std::chrono::steady_clock::now() + random.upTo(2000us);
    while (std::chrono::steady_clock::now() < end) {
        checkCanceled();
        reportProgress(random.below(100), 100);
    }
}

inline void block(Random &random, int)
{
    std::this_thread::sleep_for(random.upTo(1000us));
}

inline void waitForHook(Random &random, int)
{
    const auto gate = std::make_shared<Testing::Gate>();
    std::atomic<int> runs = 0;
    {
        const CancelRegistration hook = onCancel([&runs, gate] {
            ++runs;
            gate->open();
        });
        (void)gate->tryPass(1, std::chrono::milliseconds(random.below(3)));
    }
    if (runs > 1)
        Ledger::instance().fault("a hook ran twice");
}

inline void callTheLoop(Random &random, int)
{
    int value = 0;
    const int count = random.between(1, 5);
    for (int i = 0; i < count; ++i)
        value += fromThread([&value] { return value >= 0 ? 1 : 0; });
    if (value != count)
        Ledger::instance().fault("fromThread() returned a wrong value");
}

inline void callTheLoopForACall(Random &random, int depth)
{
    if (depth == 0)
        return;
    const quint64 seed = random.next();
    fromThread([&depth, seed] { // by reference: must not run once this has been left
        Random inner(seed);
        return makeCall(inner, {}, depth - 1);
    });
}

inline void waitForACall(Random &random, int depth)
{
    if (depth > 0)
        waitInThread(makeCall(random, {}, depth - 1));
}

inline void waitUnderADeadline(Random &random, int depth)
{
    const auto body = [&] {
        waitForACall(random, depth);
        workUntilCanceled(random, depth);
    };
    if (random.oneIn(2))
        (void)moveOnAfter(random.upTo(1500us), body);
    else
        failAfter(random.upTo(1500us), body);
}

inline void enterAScope(Random &random, int depth)
{
    CancelScope scope;
    scope.setShielded(random.oneIn(3));
    scope.run([&] {
        const PendingCall<Counted> call = makeCall(random, {}, depth - (depth > 0));
        if (random.oneIn(3))
            scope.cancel();
        if (random.oneIn(3))
            waitInThread(call);
    });
}

inline void changeTheContext(Random &random, int)
{
    const int old = mark.get();
    const ContextToken token = mark.set(random.below(1000) + 1);
    const int inLoop = fromThread([] { return mark.get(); });
    if (inLoop != mark.get())
        Ledger::instance().fault("fromThread() saw another context");
    mark.reset(token);
    if (mark.get() != old)
        Ledger::instance().fault("a context variable was not reset");
}

inline void runALoop(Random &random, int depth)
{
    if (depth > 0)
        run([&] { return makeCall(random, {}, depth - 1); });
}

inline PendingCall<Counted> makeCall(Random &random, const CallOptions &options, int depth)
{
    constexpr void (*kinds[])(Random &, int) = {
        doNothing,    doNothing,          fail,        workUntilCanceled,
        block,        waitForHook,        callTheLoop, callTheLoopForACall,
        waitForACall, waitUnderADeadline, enterAScope, changeTheContext,
        runALoop,
    };
    const auto entry = Ledger::instance().open();
    const auto work = random.oneOf(kinds);
    const int expectedMark = mark.get();
    const auto function = [entry, work, depth, expectedMark, argument = Counted()](quint64 seed) {
        Ledger::instance().started(*entry);
        if (mark.get() != expectedMark)
            Ledger::instance().fault("a function saw another context than its caller's");
        Random own(seed);
        work(own, depth);
        return argument;
    };
    const PendingCall<Counted> call = toThread(options, function, random.next());
    Ledger::instance().watch(call, entry);
    return call;
}

} // namespace Stress
