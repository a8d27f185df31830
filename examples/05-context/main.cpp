// SPDX-License-Identifier: MIT
// Calls see the context variables of their caller, and what they write stays their own.

#include <qferry/qferry.h>

#include <QCoreApplication>

static QFerry::ContextVar<QString> user("user", QStringLiteral("nobody"));

/// A function deep below that nobody wants to hand the user down to.
static void showUser(const char *where)
{
    qInfo("%-24s user is %s", where, qUtf8Printable(user.get()));
}

static void handleRequest()
{
    showUser("in the worker:");
    user.set(QStringLiteral("root"));
    showUser("after writing there:");
    QFerry::fromThread(showUser, "back in the loop for it:"); // as the worker sees it
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    showUser("at the start:");

    // A call, and a handler, take along the values that they were made with.
    const QFerry::ContextToken before = user.set(QStringLiteral("ada"));
    QFerry::toThread(handleRequest).then(&app, [&app] {
        showUser("in the handler:");
        app.quit();
    });
    user.reset(before);

    showUser("after the call is made:");
    return app.exec();
}
