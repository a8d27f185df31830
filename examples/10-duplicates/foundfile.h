// SPDX-License-Identifier: MIT
#pragma once

#include "filepath.h"

#include <QByteArray>
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
    Q_PROPERTY(QString relativePath READ relativePath CONSTANT)
    Q_PROPERTY(QString name READ name CONSTANT)
    Q_PROPERTY(QString folder READ folder CONSTANT)
    Q_PROPERTY(QString suffix READ suffix CONSTANT)
    Q_PROPERTY(qint64 size READ size CONSTANT)
    Q_PROPERTY(State state READ state NOTIFY changed)
    Q_PROPERTY(double progress READ progress NOTIFY changed)
    Q_PROPERTY(QString error READ error NOTIFY changed)
    /// To be moved to the trash, for instance.
    Q_PROPERTY(bool selected READ isSelected NOTIFY changed)

public:
    enum State {
        Single,  ///< no other file has its size: there is nothing to do
        Waiting, ///< to be hashed
        Hashing,
        Unique,
        Duplicate,
        Failed,
        Left,    ///< not hashed: the run was canceled
        Trashed, ///< moved to the trash
    };
    Q_ENUM(State)

    using Time = std::filesystem::file_time_type;

    /// The path begins with that of the root, the folder that is searched.
    FoundFile(const FilePath &path, const FilePath &root, qint64 size, Time modified = {});

    const FilePath &filePath() const { return m_path; }
    /// This and the next ones are for people: they are printable().
    QString path() const;
    /// Below the root.
    const QString &relativePath() const { return m_relativePath; }
    QString name() const;
    /// Where it is: below the root, or the root's name for a file right in there.
    QString folder() const;
    QString suffix() const;
    qint64 size() const { return m_size; }
    Time modified() const { return m_modified; }
    State state() const { return m_state; }
    /// From 0 to 1.
    double progress() const { return m_progress; }
    const QString &error() const { return m_error; }
    bool isSelected() const { return m_isSelected; }
    /// Empty as long as it is not known.
    const QByteArray &hash() const { return m_hash; }

    void setState(State state) { set(state, m_progress, m_error); }
    void setProgress(double progress) { set(Hashing, progress, m_error); }
    void setError(const QString &error) { set(Failed, 0, error); }
    void setSelected(bool selected);
    void setHash(const QByteArray &hash) { m_hash = hash; }

signals:
    void changed();

private:
    void set(State state, double progress, const QString &error);

    const FilePath m_path;
    const QString m_relativePath;
    const qint64 m_size;
    const Time m_modified;
    State m_state = Single;
    double m_progress = 0;
    QString m_error;
    QByteArray m_hash;
    bool m_isSelected = false;
};
