// SPDX-License-Identifier: MIT
#pragma once

#include "ledger.h"

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>

#include <chrono>
#include <random>
#include <thread>

namespace Stress {

/// What the stress programs have in common: their options, and how they begin and end.
class Program
{
public:
    Program()
    {
        parser.addHelpOption();
        parser.addOption({ QStringLiteral("seed"), QStringLiteral("Repeat a run."),
                           QStringLiteral("number") });
        parser.addOption({ QStringLiteral("seconds"),
                           QStringLiteral("How long to go on; if not given, as long as "
                                          "QFERRY_STRESS_SECONDS in the environment says, or 5."),
                           QStringLiteral("number"),
                           qEnvironmentVariable("QFERRY_STRESS_SECONDS", QStringLiteral("5")) });
    }

    /// Options of the program's own are added before process().
    QCommandLineParser parser;

    std::chrono::seconds duration() const
    {
        return std::chrono::seconds(parser.value(QStringLiteral("seconds")).toInt());
    }
    /// Chooses the seed, and prints it.
    quint64 begin() const
    {
        const quint64 seed = parser.isSet(QStringLiteral("seed"))
                                     ? parser.value(QStringLiteral("seed")).toULongLong()
                                     : std::random_device()();
        // Many of the calls are meant to fail.
        QLoggingCategory::setFilterRules(QStringLiteral("qferry.warning=false"));
        std::printf("--seed %llu\n", static_cast<unsigned long long>(seed));
        std::fflush(stdout);
        return seed;
    }
    /// Prints what the ledger says; the exit code.
    static int end()
    {
        Ledger::instance().print(stdout);
        return Ledger::instance().hasFaults() ? 1 : 0;
    }
};

/// Turns the main thread's loop. False if the time is over.
template <typename Predicate>
bool turnLoopUntil(Predicate &&predicate, std::chrono::nanoseconds time = std::chrono::hours(24))
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return true;
}

} // namespace Stress
