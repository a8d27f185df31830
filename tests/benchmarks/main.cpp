// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "freshprocess.h"
#include "jsonreport.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <algorithm>
#include <array>

using namespace Bench;

namespace {

struct Benchmark
{
    QString name;
    QString description;
    void (*run)(Report &report);
};

const std::array<Benchmark, 14> benchmarks{ {
        { u"call-throughput"_s, u"empty calls, 10,000 and 100 in flight"_s, &callThroughput },
        { u"blocking-calls"_s, u"sleeping calls, and short ones beside them"_s, &blockingCalls },
        { u"latency"_s, u"one call at a time"_s, &latency },
        { u"from-thread"_s, u"calls from threads into the loop"_s, &fromThread },
        { u"portal"_s, u"calls and tasks from threads through a portal"_s, &portal },
        { u"timer-lateness"_s, u"how late a timer of a busy loop is"_s, &timerLateness },
        { u"queue-memory"_s, u"up to a million calls that wait"_s, &queueMemory },
        { u"channel"_s, u"items from threads into the loop, one by one"_s, &channel },
        { u"stream"_s, u"a loop that is flooded with items"_s, &stream },
        { u"model"_s, u"a million rows into a model, and what a view reads of it"_s, &model },
        { u"in-flight"_s, u"empty calls, 1 to 1,000,000 in flight"_s, &inFlight },
        { u"tokens"_s, u"calls under 1 to 256 tokens"_s, &tokens },
        { u"payloads"_s, u"results and items of 4 bytes to 1 MB"_s, &payloads },
        { u"tasks"_s, u"coroutines, beside QCoro's"_s, &tasks },
} };

const Benchmark *find(const QString &name)
{
    const auto found =
            std::find_if(benchmarks.cbegin(), benchmarks.cend(),
                         [&](const Benchmark &benchmark) { return benchmark.name == name; });
    return found == benchmarks.cend() ? nullptr : &*found;
}

int list()
{
    for (const Benchmark &benchmark : benchmarks)
        printLine(benchmark.name.leftJustified(20) + benchmark.description);
    return 0;
}

/// What a used process would spoil.
const std::array<std::pair<QString, Samples (*)(const QString &)>, 6> freshMeasurements{ {
        { u"cold-blocking-calls"_s, &coldBlockingCalls },
        { u"queued-bytes"_s, &queuedBytes },
        { u"first-submission"_s, &firstSubmission },
        { u"item-cost"_s, &itemCost },
        { u"flood-memory"_s, &floodMemory },
        { u"sleeping-task-bytes"_s, &sleepingTaskBytes },
} };

int measureHere(const QStringList &arguments)
{
    for (const auto &[name, measurement] : freshMeasurements) {
        if (name != arguments.value(0))
            continue;
        printSamples(measurement(arguments.value(1)));
        return 0;
    }
    return 2;
}

void printEnvironment(int repetitions)
{
    printLine(
            u"Qt %1, %2 cores, %3, medians of %4 repetitions"_s.arg(QString::fromLatin1(qVersion()))
                    .arg(QThread::idealThreadCount())
                    .arg(QString::fromLatin1(
                            QAbstractEventDispatcher::instance()->metaObject()->className()))
                    .arg(repetitions));
#if !defined(NDEBUG)
    printLine(u"This is no release build: its figures mean little"_s);
#endif
}

int measure(int repetitions, const QStringList &names, const QString &jsonFile)
{
    std::vector<const Benchmark *> chosen;
    for (const QString &name : names) {
        chosen.push_back(find(name));
        if (!chosen.back()) {
            printLine(u"There is no benchmark %1; --list names them"_s.arg(name));
            return 2;
        }
    }
    if (names.isEmpty()) {
        for (const Benchmark &benchmark : benchmarks)
            chosen.push_back(&benchmark);
    }
    printEnvironment(repetitions);
    // The goals are for what Qt's loop is by default.
    const bool hasGlib = !qEnvironmentVariableIsSet("QT_NO_GLIB");
    Report report(repetitions, hasGlib && !isTrial() ? Goals::Judged : Goals::Ignored);
    for (const Benchmark *benchmark : chosen) {
        report.begin(hasGlib ? benchmark->name : benchmark->name + u", no glib"_s);
        benchmark->run(report);
    }
    if (!jsonFile.isEmpty())
        writeJson(report, jsonFile);
    return report.summary() ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
            u"Measures QFerry and its peers. Exits with 1 if a goal is missed."_s);
    parser.addHelpOption();
    const QCommandLineOption listOption(u"list"_s, u"Names the benchmarks."_s);
    const QCommandLineOption reps(u"reps"_s, u"Repetitions; fewer than 7 are only a trial."_s,
                                  u"count"_s, u"7"_s);
    const QCommandLineOption trialOption(
            u"trial"_s, u"Few calls: shows that all of it works, the figures mean nothing."_s);
    const QCommandLineOption json(u"json"_s, u"Writes the figures to a file, too."_s, u"file"_s);
    QCommandLineOption fresh(u"fresh"_s,
                             u"One measurement of one way, for the program's own use."_s);
    fresh.setFlags(QCommandLineOption::HiddenFromHelp);
    parser.addOptions({ listOption, reps, trialOption, json, fresh });
    parser.addPositionalArgument(u"name"_s, u"What to run; all if none is given."_s,
                                 u"[name...]"_s);
    parser.process(app);

    if (parser.isSet(listOption))
        return list();
    setTrial(parser.isSet(trialOption));
    if (parser.isSet(fresh))
        return measureHere(parser.positionalArguments());
    const int repetitions = parser.value(reps).toInt();
    if (repetitions < 1) {
        printLine(u"--reps takes a number of repetitions, from 1 on"_s);
        return 2;
    }
    return measure(repetitions, parser.positionalArguments(), parser.value(json));
}
