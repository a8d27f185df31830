// SPDX-License-Identifier: MIT
#include <QtCore/qlibrary.h>
#include <QtTest/qtest.h>

#include <cstring>
#include <memory>
#include <thread>

#if __has_include(<link.h>)
#    include <link.h>
#endif

class tst_LatePlugin : public QObject
{
    Q_OBJECT
private slots:
    void aPluginIsLoadedLateUsedAndUnloaded();
    void itsLibraryTakesLittleOfEachThread();
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

/// What a library keeps for each thread in the place that is there from the start, of which glibc
/// leaves some 1.6 KiB for all libraries that come late.
void tst_LatePlugin::itsLibraryTakesLittleOfEachThread()
{
#if __has_include(<link.h>)
    const auto plugin = loadPlugin();
    struct Found
    {
        bool isThere = false;
        size_t bytes = 0;
    } found;
    const auto look = [](dl_phdr_info *info, size_t, void *data) {
        auto &result = *static_cast<Found *>(data);
        if (!std::strstr(info->dlpi_name, "libqferry."))
            return 0;
        result.isThere = true;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
            if (info->dlpi_phdr[i].p_type == PT_TLS)
                result.bytes = info->dlpi_phdr[i].p_memsz;
        }
        return 1;
    };
    dl_iterate_phdr(look, &found);
    if (!found.isThere)
        QSKIP("the library is part of the plugin");
    QVERIFY2(found.bytes <= 512, qPrintable(QString::number(found.bytes)));
#else
    QSKIP("the system does not tell");
#endif
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
