// SPDX-License-Identifier: MIT
// Calls end early: with what they have by a deadline, failed by one, or canceled as a group.

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QThread>
#include <QTimer>

using namespace std::chrono_literals;

/// Searches without end, unless it is canceled. Counts the pages that it has read.
static void search(int &pages)
{
    for (;;) {
        QFerry::checkCanceled(); // here this function lets itself be stopped
        QThread::msleep(1);      // reads a page
        ++pages;
    }
}

/// A deadline for a part of the work: what was found until then will do.
static int searchForAWhile()
{
    int pages = 0;
    QFerry::moveOnAfter(50ms, [&] { search(pages); });
    return pages;
}

static void searchOn()
{
    int pages = 0;
    search(pages);
}

/// A group of calls ends with its scope. One that is owned by a window is canceled when that goes.
static void cancelGroup(QCoreApplication &app)
{
    auto *scope = new QFerry::CancelScope(&app);
    QList<QFerry::PendingCall<void>> searches;
    for (int i = 0; i < 3; ++i)
        searches << QFerry::toThread({ .scope = scope }, searchOn).onCanceled(&app, [] {
            qInfo("A search of the group was canceled.");
        });
    QFerry::whenAll(searches).then(&app, [&app] { app.quit(); });

    QTimer::singleShot(50ms, scope,
                       [scope] { scope->cancel(QStringLiteral("Escape was pressed")); });
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    QFerry::toThread(searchForAWhile)
            .then(&app,
                  [&](int pages) {
                      qInfo("Moved on after 50 ms with %s.", pages > 0 ? "some pages" : "nothing");
                      // A deadline for the whole call. Unlike moving on, being late is an error.
                      return QFerry::toThread({ .timeout = 50ms }, searchOn);
                  })
            .onFailed(
                    &app,
                    [](const QFerry::TimeoutError &error) { qInfo("Gave up: %s.", error.what()); })
            .then(&app, [&] { cancelGroup(app); });

    return app.exec();
}
