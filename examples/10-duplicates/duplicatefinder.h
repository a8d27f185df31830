// SPDX-License-Identifier: MIT
#pragma once

#include "duplicategroups.h"

#include <QPointer>

#include <deque>
#include <unordered_map>

/// Decides which files have to be hashed, those that share their size with another one, and has
/// what turns out to be equal in groups. It hashes nothing itself: who does takes a file from
/// next() and tells what came of it.
///
/// All of it is in the window's thread: no locks.
class DuplicateFinder : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QAbstractItemModel *files READ files WRITE setFiles NOTIFY filesChanged)
    Q_PROPERTY(DuplicateGroups *groups READ groups CONSTANT)
    Q_PROPERTY(int fileCount READ fileCount NOTIFY changed)
    Q_PROPERTY(qint64 foundBytes MEMBER m_foundBytes NOTIFY changed)
    Q_PROPERTY(int candidateCount MEMBER m_candidateCount NOTIFY changed)
    Q_PROPERTY(qint64 candidateBytes MEMBER m_candidateBytes NOTIFY changed)
    Q_PROPERTY(int hashedCount MEMBER m_hashedCount NOTIFY changed)
    Q_PROPERTY(qint64 hashedBytes READ hashedBytes NOTIFY changed)
    Q_PROPERTY(QList<QObject *> failures MEMBER m_failures NOTIFY failuresChanged)

public:
    explicit DuplicateFinder(QObject *parent = nullptr);

    /// The model of the files: its first role (Qt::UserRole) gives a FoundFile.
    QAbstractItemModel *files() const { return m_files; }
    void setFiles(QAbstractItemModel *files);
    DuplicateGroups *groups() { return &m_groups; }

    /// In the order of the rows of files.
    int fileCount() const { return int(m_rows.size()); }
    FoundFile *file(int row) const { return m_rows.value(row); }
    /// Below the folder that is searched.
    const QStringList &paths() const { return m_paths; }
    const QList<qint64> &sizes() const { return m_sizes; }
    qint64 hashedBytes() const { return qint64(m_hashedBytes); }
    int hashedCount() const { return m_hashedCount; }
    int failureCount() const { return int(m_failures.size()); }
    /// What came of it, for a terminal.
    QString summary() const;

    /// The row of the next one to be hashed; -1 if there is none at present. (Rows, for an engine
    /// that knew all the objects would look at each of them when it collects its garbage.)
    Q_INVOKABLE int next();
    Q_INVOKABLE FilePath path(int row) const;
    /// What came of that.
    Q_INVOKABLE void setProgress(int row, double progress);
    Q_INVOKABLE void setHash(int row, const QByteArray &hash);
    Q_INVOKABLE void setError(int row, const QString &error);
    Q_INVOKABLE void setCanceled(int row);

    /// Nothing more is to be hashed, until resume().
    Q_INVOKABLE void cancel();
    Q_INVOKABLE void resume();
    /// When the same files come once more, those that have not changed need not be hashed again.
    Q_INVOKABLE void keepHashes();
    /// The next files are those of another run.
    Q_INVOKABLE void forgetHashes();

signals:
    void filesChanged();
    /// next() has files again.
    void queued();
    void failuresChanged();
    /// Files have come.
    void added();
    void cleared();
    /// Something in the figures has changed. Comes at most every 50 ms.
    void changed();

private:
    /// What is known of a path.
    struct Known
    {
        qint64 size;
        FoundFile::Time modified;
        QByteArray hash;
    };

    void add(int first, int last);
    void consider(FoundFile *file);
    void enqueue(int row);
    QByteArray knownHash(const FoundFile &file) const;
    void addBytes(FoundFile *file, double progress);
    void clear();
    void touch();

    QPointer<QAbstractItemModel> m_files;
    DuplicateGroups m_groups;
    QList<FoundFile *> m_rows;
    QStringList m_paths;
    QList<qint64> m_sizes;
    QHash<qint64, int> m_firstOfSize; // its row; -1 once that one was queued
    std::deque<int> m_queue;
    std::deque<int> m_left; // by a cancel
    bool m_isCanceled = false;
    std::unordered_map<std::filesystem::path::string_type, Known> m_known;
    QList<QObject *> m_failures;
    QTimer m_changed;
    qint64 m_foundBytes = 0;
    int m_candidateCount = 0;
    qint64 m_candidateBytes = 0;
    int m_hashedCount = 0;
    double m_hashedBytes = 0; // of files in the works too
};
