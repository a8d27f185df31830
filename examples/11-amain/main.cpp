// SPDX-License-Identifier: MIT
// An asynchronous main: a group of tasks reads sensors, each in time, and Ctrl+C ends all in order.

#include "../ctrlc.h"

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QFile>
#include <QRandomGenerator>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QThread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Stands for a device that blocks whoever reads it. The fourth one hangs, until it is canceled.
static double readSensor(int number)
{
    QThread::msleep(5);
    while (number == 4) {
        QFerry::checkCanceled();
        QThread::msleep(1);
    }
    return number + QRandomGenerator::global()->generateDouble();
}

static void saveLines(const QString &path, const QStringList &lines)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(lines.join(u'\n').toUtf8()) < 0)
        throw std::runtime_error(file.errorString().toStdString());
}

/// Reads one sensor, again and again. All tasks share the list, and a thread.
static QFerry::Task<> watch(int number, QStringList &lines)
{
    const auto leave = qScopeGuard([=] { qInfo("sensor %d: at rest", number); });
    const auto reading = [=] { return QFerry::toThread(readSensor, number); };
    for (;;) {
        try {
            const double value = co_await QFerry::failAfter(100ms, reading);
            lines << u"sensor %1: %2"_s.arg(number).arg(value);
        } catch (const QFerry::TimeoutError &) {
            qInfo("sensor %d: no answer within 100 ms", number);
            lines << u"sensor %1: no answer"_s.arg(number);
        }
        co_await QFerry::sleep(20ms); // and any co_await throws CanceledError, once it is to end
    }
}

/// Reads all sensors until Ctrl+C is pressed, or the time is over. When it returns, none is at
/// work.
static QFerry::Task<> watchAll(CtrlC &ctrlC, QStringList &lines)
{
    co_await QFerry::taskGroup([&](QFerry::TaskGroup &group) -> QFerry::Task<> {
        for (int number = 1; number <= 4; ++number)
            group.startSoon(watch(number, lines));
        co_await ctrlC.pressed();
        group.cancel(u"Ctrl+C"_s);
    });
}

static QFerry::Task<int> amain(std::chrono::milliseconds time)
{
    CtrlC ctrlC;
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"readings"_s);
    QStringList lines;

    qInfo("Reading four sensors, for %lld ms or until Ctrl+C",
          static_cast<long long>(time.count()));
    const auto body = [&] { return watchAll(ctrlC, lines); };
    const bool isStopped = co_await QFerry::moveOnAfter(time, body);
    qInfo(isStopped ? "Stopped: saving" : "The time is over: saving");
    co_await QFerry::toThread(saveLines, path, lines);
    qInfo("Saved %lld lines", static_cast<long long>(lines.size()));
    co_return ctrlC.exitCode();
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const int milliseconds = argc > 1 ? QByteArray(argv[1]).toInt() : 10'000;
    return QFerry::run(&amain, std::chrono::milliseconds(milliseconds));
}
