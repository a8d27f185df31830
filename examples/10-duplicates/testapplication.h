// SPDX-License-Identifier: MIT
#pragma once

#include "testing.h"

#include "duplicatefinder.h"

#include <QtCore/qtemporarydir.h>
#include <QtQml/qqmlapplicationengine.h>
#include <QtQuick/qquickitem.h>
#include <QtQuick/qquickwindow.h>

#include <filesystem>
#include <fstream>

/// The application in a folder of its own, in the test's thread.
class TestApplication
{
public:
    TestApplication() = default;
    TestApplication(const TestApplication &) = delete;
    TestApplication &operator=(const TestApplication &) = delete;
    ~TestApplication()
    {
        destroy();
        std::error_code ignored;
        std::filesystem::remove_all(root(), ignored); // QTemporaryDir leaves odd names
    }

    std::filesystem::path root() const { return m_folder.path().toStdString(); }
    QString folder() const { return m_folder.path(); }

    /// The name may have folders, and any byte that the system allows.
    void write(const std::string &name, const std::string &content) const
    {
        const std::filesystem::path path = root() / name;
        std::filesystem::create_directories(path.parent_path());
        if (!(std::ofstream(path, std::ios::binary) << content).flush())
            qFatal("cannot write a file");
    }
    /// Four files, two of them equal.
    void addAnimals() const
    {
        write("fox", "the quick brown fox");
        write("fox again", "the quick brown fox");
        write("dog", "the slow, lazy dog!");
        write("small", "small");
    }
    /// Files so large that hashing one takes longer than any test; they take no room.
    void addLargeFiles(int count = 2) const
    {
        for (int i = 0; i < count; ++i) {
            const std::string name = "large " + std::to_string(i);
            write(name, {});
            std::filesystem::resize_file(root() / name, uintmax_t(1) << 36);
        }
    }

    bool start() { return startIn(folder()); }
    bool startIn(const QString &folder, QSize size = { 800, 600 })
    {
        m_engine.emplace();
        m_engine->setInitialProperties({ { QStringLiteral("folder"), folder },
                                         { QStringLiteral("width"), size.width() },
                                         { QStringLiteral("height"), size.height() } });
        m_engine->load(QStringLiteral("qrc:/Duplicates/Main.qml"));
        m_window = qobject_cast<QQuickWindow *>(m_engine->rootObjects().value(0));
        return m_window != nullptr;
    }
    void destroy() { m_engine.reset(); }

    QQmlApplicationEngine *engine() { return &*m_engine; }
    QQuickWindow *window() const { return m_window; }
    template <typename T = QQuickItem>
    T *find(const QString &name) const
    {
        return m_window->findChild<T *>(name);
    }
    void type(const QByteArray &text) const
    {
        for (const char letter : text)
            QTest::keyClick(m_window, letter);
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const
    {
        QTest::keyClick(m_window, key, modifiers);
    }
    QObject *run() const { return m_window->property("run").value<QObject *>(); }
    QVariant ofRun(const char *property) const { return run()->property(property); }
    DuplicateFinder *finder() const { return ofRun("finder").value<DuplicateFinder *>(); }
    DuplicateGroups *groups() const { return finder()->groups(); }
    /// So many files in the list.
    bool shows(int count) const
    {
        return Testing::spinUntil([this, count] {
            return find(QStringLiteral("files"))->property("count").toInt() == count;
        });
    }
    bool isRunning() const { return ofRun("state").toInt() == 1; }
    bool ends() const
    {
        return Testing::spinUntil([this] { return !isRunning(); });
    }
    /// Some of a large file.
    bool hashes() const
    {
        return Testing::spinUntil([this] { return finder()->hashedBytes() > 1000; });
    }
    bool isIdle() const
    {
        return Testing::spinUntil([this] { return ofRun("busy").toInt() == 0; });
    }

private:
    const QTemporaryDir m_folder;
    std::optional<QQmlApplicationEngine> m_engine;
    QQuickWindow *m_window = nullptr;
};
