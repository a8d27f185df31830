// SPDX-License-Identifier: MIT
#include <QtCore/qlibrary.h>
#include <QtTest/qtest.h>

#include <memory>
#include <thread>

class tst_LatePlugin : public QObject
{
    Q_OBJECT
private slots:
    void aPluginIsLoadedLateUsedAndUnloaded();
    void threadsThatUsedAPluginMayOutliveIt();
};

static std::unique_ptr<QLibrary> loadPlugin()
{
    auto plugin = std::make_unique<QLibrary>(QStringLiteral(LATE_PLUGIN));
    if (!plugin->load())
        qFatal("%s", qPrintable(plugin->errorString()));
    return plugin;
}

static int call(QLibrary &plugin, const char *function)
{
    return reinterpret_cast<int (*)()>(plugin.resolve(function))();
}

void tst_LatePlugin::aPluginIsLoadedLateUsedAndUnloaded()
{
    for (int round = 0; round < 3; ++round) {
        const auto plugin = loadPlugin();
        QCOMPARE(call(*plugin, "usePlugin"), 42);
        QVERIFY(plugin->unload());
    }
    // What the library has told Qt to call is called now, and at the end of the application.
    QMetaObject::invokeMethod(qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    QCOMPARE(QCoreApplication::exec(), 0);
}

void tst_LatePlugin::threadsThatUsedAPluginMayOutliveIt()
{
    const auto plugin = loadPlugin();
    int result = 0;
    const std::unique_ptr<QThread> thread(
            QThread::create([&] { result = call(*plugin, "usePlugin"); }));
    thread->start();
    QVERIFY(thread->wait(10'000));
    std::thread([&] {
        result += call(*plugin, "usePlugin");
        plugin->unload();
    }).join(); // its thread_local objects go after the plugin
    QCOMPARE(result, 84);
}

QTEST_GUILESS_MAIN(tst_LatePlugin)
#include "tst_lateplugin.moc"
