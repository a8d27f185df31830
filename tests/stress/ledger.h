// SPDX-License-Identifier: MIT
#pragma once

#include "counted.h"

#include <qferry/qferry.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace Stress {

using Testing::Counted;

/// Keeps account of every call: each has to end, once, as a value, an error or canceled.
class Ledger
{
public:
    struct Entry
    {
        std::atomic<int> runs{ 0 };
        std::atomic<int> endings{ 0 };
    };
    using EntryPtr = std::shared_ptr<Entry>;

    static Ledger &instance()
    {
        static Ledger ledger;
        return ledger;
    }

    /// The object in whose thread all endings are counted. Outlives every call.
    void setContext(QObject *context) { m_context = context; }

    EntryPtr open()
    {
        ++m_opened;
        return std::make_shared<Entry>();
    }
    /// In the call's function.
    void started(Entry &entry)
    {
        if (++entry.runs != 1)
            fault("a function ran twice");
    }
    void watch(const QFerry::PendingCall<Counted> &call, const EntryPtr &entry)
    {
        call.then(m_context, [this, entry](const Counted &) {
                ended(*entry, m_values);
            }).onFailed(m_context, [this, entry] {
                  ended(*entry, m_errors);
              }).onCanceled(m_context, [this, entry] { ended(*entry, m_canceled); });
    }

    qint64 outstanding() const { return m_opened - m_ended; }
    /// Changes while there is progress of any kind.
    qint64 pulse() const { return m_opened + m_ended + m_beats; }
    void beat() { ++m_beats; }
    bool hasFaults() const { return m_faults > 0; }

    void fault(const char *what)
    {
        ++m_faults;
        std::fprintf(stderr, "FAULT: %s\n", what);
    }
    void print(std::FILE *to) const
    {
        std::fprintf(to,
                     "%lld episodes, %lld calls: %lld values, %lld errors, %lld canceled; %d "
                     "objects alive\n",
                     m_beats.load(), m_opened.load(), m_values.load(), m_errors.load(),
                     m_canceled.load(), Counted::alive());
    }

private:
    using Count = std::atomic<long long>;

    void ended(Entry &entry, Count &kind)
    {
        if (++entry.endings != 1)
            fault("a call ended twice");
        ++kind;
        ++m_ended;
    }

    QObject *m_context = nullptr;
    Count m_opened{ 0 };
    Count m_ended{ 0 };
    Count m_values{ 0 };
    Count m_errors{ 0 };
    Count m_canceled{ 0 };
    Count m_beats{ 0 };
    Count m_faults{ 0 };
};

/// Ends the program, with what it knows, if nothing at all has happened for too long.
class StallWatchdog
{
public:
    explicit StallWatchdog(quint64 seed) : m_seed(seed), m_thread([this] { watch(); }) {}
    ~StallWatchdog()
    {
        m_done = true;
        m_thread.join();
    }

private:
    static constexpr std::chrono::seconds patience{ 20 };

    void watch()
    {
        using Clock = std::chrono::steady_clock;
        auto lastChange = Clock::now();
        qint64 lastPulse = -1;
        while (!m_done) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            const qint64 pulse = Ledger::instance().pulse();
            if (pulse != std::exchange(lastPulse, pulse))
                lastChange = Clock::now();
            else if (Clock::now() - lastChange > patience)
                stalled();
        }
    }

    [[noreturn]] void stalled() const
    {
        std::fprintf(stderr, "STALLED with --seed %llu: ", static_cast<unsigned long long>(m_seed));
        Ledger::instance().print(stderr);
        const auto statistics = QFerry::defaultThreadLimiter().statistics();
        std::fprintf(stderr,
                     "%lld calls outstanding; default limiter: %d tokens borrowed, %d waiting\n",
                     static_cast<long long>(Ledger::instance().outstanding()),
                     statistics.borrowedTokens, statistics.waiting);
        for (const QFerry::ActiveCall &call : QFerry::activeCalls())
            std::fprintf(stderr, "  %s: %s\n", qPrintable(call.name),
                         call.running ? "running" : "waiting");
        std::abort();
    }

    const quint64 m_seed;
    std::atomic<bool> m_done{ false };
    std::thread m_thread;
};

} // namespace Stress
