// SPDX-License-Identifier: MIT
// Threads call functions in the event loop and wait for what they return, at once or later.

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QTimer>

#include <thread>

using namespace std::chrono_literals;

/// Lives in the loop thread and is used there alone, so it needs no mutex.
class Dialog : public QObject
{
public:
    /// Answers at once.
    QString suggestName(const QString &name)
    {
        if (name.isEmpty())
            throw std::invalid_argument("a name is needed");
        return QStringLiteral("%1 (%2)").arg(name).arg(++m_copies);
    }

    /// Answers once the user has clicked (here: a timer has). The loop goes on meanwhile.
    QFuture<bool> confirm(const QString &name)
    {
        qInfo("dialog: save as \"%s\"?", qUtf8Printable(name));
        m_click.setSingleShot(true);
        m_click.start(100ms);
        return QtFuture::connect(&m_click, &QTimer::timeout).then([] { return true; });
    }

private:
    int m_copies = 0;
    QTimer m_click;
};

static void saveCopy(Dialog &dialog, const QString &name)
{
    // Runs in the loop; its value returns to this thread.
    const QString copy = QFerry::fromThread([&] { return dialog.suggestName(name); });
    // Starts in the loop; this thread waits for the bool that comes of it.
    const bool confirmed = QFerry::fromThread(&Dialog::confirm, &dialog, copy);
    qInfo("worker: %s", confirmed ? "saved" : "left it");
}

static void watchDevice(Dialog &dialog, const QFerry::LoopToken &loop)
{
    try {
        QFerry::fromThread(loop, [&] { return dialog.suggestName({}); });
    } catch (const std::invalid_argument &error) {
        qInfo("thread: the loop says that %s", error.what()); // thrown there, caught here
    }
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    Dialog dialog;

    // A worker knows the loop that its call was made from; any other thread names it by a token.
    std::thread outside(watchDevice, std::ref(dialog), QFerry::currentLoop());
    QFerry::toThread(saveCopy, std::ref(dialog), QStringLiteral("report")).then(&app, [&app] {
        app.quit();
    });

    const int exitCode = app.exec();
    outside.join();
    return exitCode;
}
