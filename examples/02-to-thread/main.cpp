// SPDX-License-Identifier: MIT
// A ticker keeps ticking while a blocking function runs in a worker.

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QThread>
#include <QTimer>

using namespace std::chrono_literals;

/// Stands for whatever takes its time and cannot be interrupted: a query, a download, a conversion.
static QString fetchReport(const QString &topic)
{
    QThread::msleep(500);
    return QStringLiteral("a report about %1").arg(topic);
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    int ticks = 0;
    QTimer ticker;
    QObject::connect(&ticker, &QTimer::timeout, &app, [&] {
        ++ticks;
        qInfo("  tick");
    });
    ticker.start(50ms);

    const auto show = [&](const char *where, const QString &report) {
        qInfo("Called %s: got %s after %d ticks.", where, qUtf8Printable(report), ticks);
        ticks = 0;
    };

    QTimer::singleShot(0, &app, [&] {
        // The way that freezes a program: the loop stands still until the function returns.
        show("in the loop", fetchReport(QStringLiteral("ferries")));

        // The same in a worker. toThread() returns at once; what comes of it arrives here, in the
        // loop.
        QFerry::toThread(fetchReport, QStringLiteral("ferries"))
                .then(&app, [&](const QString &report) {
                    show("in a worker", report);
                    app.quit();
                });
    });

    return app.exec();
}
