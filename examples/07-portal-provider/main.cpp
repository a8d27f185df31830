// SPDX-License-Identifier: MIT
// A blocking interface to something asynchronous: its users share a portal while there are any.

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QProcess>

#include <atomic>
#include <set>
#include <thread>

/// Runs a program, in an event loop.
static QFuture<QString> runProgram(const QString &program, const QStringList &arguments)
{
    auto *process = new QProcess;
    auto finished =
            QtFuture::connect(process, qOverload<int, QProcess::ExitStatus>(&QProcess::finished));
    process->start(program, arguments);
    return finished.then([process](const std::tuple<int, QProcess::ExitStatus> &) {
        process->deleteLater();
        return QString::fromLocal8Bit(process->readAllStandardOutput()).trimmed();
    });
}

/// The same for code without one, from any number of threads. Nobody needs to start or stop
/// anything.
namespace Shell {

static QFerry::BlockingPortalProvider &provider()
{
    static QFerry::BlockingPortalProvider provider("shell");
    return provider;
}

static QString run(const QString &program, const QStringList &arguments)
{
    const auto lease = provider().acquire();
    return lease->call(runProgram, program, arguments);
}

} // namespace Shell

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    // Each user has a lease while it needs one; here they all do at the same time.
    std::mutex mutex;
    std::set<QThread *> loops;
    std::atomic<int> answers = 0;
    {
        const auto lease = Shell::provider().acquire(); // keeps the portal between the calls, too
        std::vector<std::thread> users;
        for (int i = 0; i < 8; ++i) {
            users.emplace_back([&, i] {
                const auto own = Shell::provider().acquire();
                QThread *loop = own->call(&QThread::currentThread);
                {
                    const std::lock_guard lock(mutex);
                    loops.insert(loop);
                }
                const QString text = QStringLiteral("user %1").arg(i);
                answers += Shell::run(QStringLiteral("echo"), { text }) == text;
            });
        }
        for (std::thread &user : users)
            user.join();
    }
    qInfo("8 threads got %d answers through %zu portal", answers.load(), loops.size());

    // The last lease has ended the portal and its thread; the next one starts another.
    qInfo("and afterwards: %s",
          qUtf8Printable(Shell::run(QStringLiteral("echo"), { QStringLiteral("still here") })));
    return answers == 8 && loops.size() == 1 ? 0 : 1;
}
