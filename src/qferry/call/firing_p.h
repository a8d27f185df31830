// SPDX-License-Identifier: MIT
// In which order continuations run. In the thread that finished their call.
#pragma once

#include <qferry/call/callcore.h>

#include <memory>
#include <mutex>

namespace QFerry::Detail {

/**
 * What the running thread has to do because calls have finished in it: their continuations, one
 * after the other. What those finish in turn comes behind, not inside, as chains are long.
 *
 * Continuations that run foreign code, which may wait, come when all others have run, so that none
 * of those is waited for in vain. A call that finishes inside such code has a list of its own,
 * which is run at once. If the code waits by means of this library, what is left is run before; if
 * it waits by other means, what is left is run by another thread after a while.
 */
class Firing
{
public:
    /// Behind those that the thread is just running, unless it is foreign code that runs.
    static void run(Continuation *first);
    /// Behind those that the thread is just running.
    static void runInTurn(Continuation *first);
    /// The running thread is about to wait, under no lock: runs what it has put off.
    static void runOthersHere();
    /// The same under a lock, which is given back meanwhile.
    static void runOthersHere(std::unique_lock<std::mutex> &lock);

private:
    class List
    {
    public:
        void append(InboxItem *first);
        Continuation *take();
        Continuation *takeAll();
        bool isEmpty() const { return !m_first; }

    private:
        InboxItem *m_first = nullptr;
        InboxItem *m_last; // if there is a first
    };
    class Rest;

    Firing();
    ~Firing();
    static void begin(Continuation *first);
    Continuation *next();
    Continuation *nextForeign();
    void runOnly(Continuation *continuation);
    void runAll();

    List m_soon;
    List m_last;                  // those that may wait
    std::unique_ptr<Rest> m_rest; // of those, if there were several
    bool m_isForeign = false;     // what runs
    Firing *m_outer = nullptr;
};

} // namespace QFerry::Detail
