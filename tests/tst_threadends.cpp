// SPDX-License-Identifier: MIT
// What the library keeps in threads, when they end.
#include "outside.h"

#include <QtCore/qfile.h>

#include <cstdlib>

using namespace QFerry;
using namespace Testing;

namespace {

ContextVar<QString> user("user", QStringLiteral("nobody"));

/// Uses variables in its destructor, as code may that a destructor calls.
class UserInDestructor
{
public:
    explicit UserInDestructor(QStringList *log) : m_log(log) {}
    ~UserInDestructor()
    {
        const QString before = user.get();
        const auto token = user.set(QStringLiteral("destructor"));
        const QString set = user.get();
        user.reset(token);
        const QString inside = Context::current().run([] {
            user.set(QStringLiteral("inside"));
            return user.get();
        });
        *m_log += { before, set, inside, user.get() };
    }

private:
    QStringList *m_log;
};

/// The same once main() has returned, where a test can only end the process.
struct UserAfterMain
{
    ~UserAfterMain()
    {
        QStringList log;
        {
            const UserInDestructor last(&log);
        }
        if (log.value(0) != QStringLiteral("nobody")
            || log.value(1) != QStringLiteral("destructor"))
            std::_Exit(3);
    }
};
const UserAfterMain afterMain;

/// In MiB; -1 if the system does not tell.
double memoryOfProcess()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    return file.readAll().split(' ').value(1).toDouble() * 4096 / 1024 / 1024;
}

} // namespace

class tst_ThreadEnds : public QObject
{
    Q_OBJECT
private slots:
    void variablesWorkInDestructorsOfThreadLocalObjects();
    void variablesWorkAfterMain();
    void callsOfThreadsThatEndLeaveLittleBehind_data();
    void callsOfThreadsThatEndLeaveLittleBehind();
};

void tst_ThreadEnds::variablesWorkInDestructorsOfThreadLocalObjects()
{
    QStringList log;
    for (int i = 0; i < 3; ++i) {
        log.clear();
        OutsideThread([&] {
            static thread_local const UserInDestructor atEnd(&log); // goes after what is set next
            Q_UNUSED(atEnd);
            user.set(QStringLiteral("thread"));
        }).result();
        QCOMPARE(log, QStringList({ QStringLiteral("nobody"), QStringLiteral("destructor"),
                                    QStringLiteral("inside"), QStringLiteral("nobody") }));
    }
}

void tst_ThreadEnds::variablesWorkAfterMain()
{
    user.set(QStringLiteral("main")); // what is left to see is up to the destructor of afterMain
    QCOMPARE(user.get(), QStringLiteral("main"));
}

void tst_ThreadEnds::callsOfThreadsThatEndLeaveLittleBehind_data()
{
    QTest::addColumn<int>("atATime");
    QTest::newRow("one after the other") << 1;
    QTest::newRow("many at a time") << 100;
}

void tst_ThreadEnds::callsOfThreadsThatEndLeaveLittleBehind()
{
#ifdef TESTING_SANITIZED
    QSKIP("Sanitizers keep memory of their own");
#endif
    QFETCH(const int, atATime);
    const auto runThreads = [&](int count) {
        for (int done = 0; done < count; done += atATime) {
            Gate end;
            std::vector<std::unique_ptr<OutsideThread<int>>> threads;
            for (int i = 0; i < atATime; ++i) {
                threads.push_back(std::make_unique<OutsideThread<int>>([&] {
                    const int result = waitInThread(toThread([] { return 1; }));
                    end.pass();
                    return result;
                }));
            }
            end.open(atATime);
        }
    };
    runThreads(200); // whatever is needed once
    const double before = memoryOfProcess();
    if (before < 0)
        QSKIP("This system does not tell how much memory a process has");
    runThreads(1500); // 16 KiB of each were left, until there were 20 MiB
    const double after = memoryOfProcess();
    QVERIFY2(after - before < 5, qPrintable(QString::number(after - before)));
}

QTEST_GUILESS_MAIN(tst_ThreadEnds)
#include "tst_threadends.moc"
