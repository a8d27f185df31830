// SPDX-License-Identifier: MIT
#pragma once

#include "foundfile.h"

#include <QAbstractListModel>
#include <QHash>
#include <QPointer>
#include <QTimer>

#include <deque>
#include <memory>

/// Decides which files have to be hashed, those that share their size with another one, and groups
/// what turns out to be equal. The groups are its rows, those first that take the most space. It
/// hashes nothing itself: who does takes a file from next() and tells what came of it.
///
/// All of it is in the window's thread: no locks.
class DuplicateFinder : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QAbstractItemModel *files READ files WRITE setFiles NOTIFY filesChanged)
    Q_PROPERTY(QStringList paths READ paths NOTIFY changed)
    Q_PROPERTY(int fileCount READ fileCount NOTIFY changed)
    Q_PROPERTY(qint64 foundBytes MEMBER m_foundBytes NOTIFY changed)
    Q_PROPERTY(int candidateCount MEMBER m_candidateCount NOTIFY changed)
    Q_PROPERTY(qint64 candidateBytes MEMBER m_candidateBytes NOTIFY changed)
    Q_PROPERTY(int hashedCount MEMBER m_hashedCount NOTIFY changed)
    Q_PROPERTY(qint64 hashedBytes READ hashedBytes NOTIFY changed)
    Q_PROPERTY(int groupCount READ groupCount NOTIFY changed)
    Q_PROPERTY(int duplicateCount MEMBER m_duplicateCount NOTIFY changed)
    Q_PROPERTY(qint64 spaceToWin MEMBER m_spaceToWin NOTIFY changed)
    Q_PROPERTY(QList<QObject *> failures MEMBER m_failures NOTIFY failuresChanged)

public:
    enum Role { SizeRole = Qt::UserRole + 1, SpaceRole, PathsRole };

    explicit DuplicateFinder(QObject *parent = nullptr);
    ~DuplicateFinder() override;

    /// The model of the files: its first role (Qt::UserRole) gives a FoundFile.
    QAbstractItemModel *files() const { return m_files; }
    void setFiles(QAbstractItemModel *files);

    /// All of them, in the order of the rows of files.
    QStringList paths() const { return m_paths; }
    int fileCount() const { return int(m_paths.size()); }
    int groupCount() const { return int(m_groups.size()); }
    qint64 hashedBytes() const { return qint64(m_hashedBytes); }
    /// What came of it, for a terminal.
    QString summary() const;

    /// The row of the next one to be hashed; -1 if there is none at present. (Rows, for an engine
    /// that knew all the objects would look at each of them when it collects its garbage.)
    Q_INVOKABLE int next();
    Q_INVOKABLE FilePath path(int row) const { return m_rows.value(row)->filePath(); }
    /// What came of that.
    Q_INVOKABLE void setProgress(int row, double progress);
    Q_INVOKABLE void setHash(int row, const QByteArray &hash);
    Q_INVOKABLE void setError(int row, const QString &error);
    Q_INVOKABLE void setCanceled(int row);
    /// Nothing more is to be hashed.
    Q_INVOKABLE void cancel();

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void filesChanged();
    /// next() has files again.
    void queued();
    void failuresChanged();
    /// Something in the figures has changed. Comes at most every 50 ms.
    void changed();

private:
    struct Group;

    void add(int first, int last);
    void consider(FoundFile *file);
    void enqueue(int row);
    void addBytes(FoundFile *file, double progress);
    void clear();
    void addToGroup(Group &group, FoundFile *file);
    void sortIn(Group *group);
    void touch();

    QPointer<QAbstractItemModel> m_files;
    QStringList m_paths;
    QList<FoundFile *> m_rows;
    QHash<qint64, int> m_firstOfSize; // its row; -1 once that one was queued
    std::deque<int> m_queue;
    QHash<QByteArray, std::shared_ptr<Group>> m_byHash;
    QList<Group *> m_groups; // of at least two files: the rows
    QList<QObject *> m_failures;
    QTimer m_changed;
    qint64 m_foundBytes = 0;
    int m_candidateCount = 0;
    qint64 m_candidateBytes = 0;
    int m_hashedCount = 0;
    double m_hashedBytes = 0; // of files in the works too
    int m_duplicateCount = 0;
    qint64 m_spaceToWin = 0;
};
