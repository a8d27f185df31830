// SPDX-License-Identifier: MIT
#pragma once

#include <QFileInfo>
#include <QObject>
#include <QtQml/qqmlregistration.h>

/// A file that was found, and how far the work on it is: a row of the list. A worker makes it; then
/// it lives in the window's thread.
class FoundFile : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The walk through the folder makes these")
    Q_PROPERTY(QString path READ path CONSTANT)
    Q_PROPERTY(QString name READ name CONSTANT)
    Q_PROPERTY(QString folder READ folder CONSTANT)
    Q_PROPERTY(QString suffix READ suffix CONSTANT)
    Q_PROPERTY(qint64 size READ size CONSTANT)
    Q_PROPERTY(State state READ state NOTIFY changed)
    Q_PROPERTY(double progress READ progress NOTIFY changed)
    Q_PROPERTY(QString error READ error NOTIFY changed)

public:
    enum State {
        Single,  ///< no other file has its size: there is nothing to do
        Waiting, ///< to be hashed
        Hashing,
        Unique,
        Duplicate,
        Failed,
    };
    Q_ENUM(State)

    FoundFile(const QString &path, const QString &root, qint64 size)
        : m_path(path), m_root(root), m_size(size)
    {}

    const QString &path() const { return m_path; }
    QString relativePath() const { return m_path.mid(m_root.size() + 1); }
    QString name() const { return QFileInfo(m_path).fileName(); }
    /// Where it is below the folder that is searched; nothing for a file right in there.
    QString folder() const { return QFileInfo(relativePath()).path(); }
    QString suffix() const { return QFileInfo(m_path).suffix(); }
    qint64 size() const { return m_size; }
    State state() const { return m_state; }
    /// From 0 to 1.
    double progress() const { return m_progress; }
    const QString &error() const { return m_error; }

    void setState(State state) { set(state, m_progress, m_error); }
    void setProgress(double progress) { set(Hashing, progress, m_error); }
    void setError(const QString &error) { set(Failed, 0, error); }

signals:
    void changed();

private:
    void set(State state, double progress, const QString &error)
    {
        m_state = state;
        m_progress = progress;
        m_error = error;
        emit changed();
    }

    const QString m_path;
    const QString m_root;
    const qint64 m_size;
    State m_state = Single;
    double m_progress = 0;
    QString m_error;
};
