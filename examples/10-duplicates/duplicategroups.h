// SPDX-License-Identifier: MIT
#pragma once

#include "foundfile.h"

#include <QAbstractListModel>
#include <QHash>
#include <QSet>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

#include <memory>
#include <vector>

/// Files that are equal, group by group: a row for each group of at least two, and below the one
/// that is open a row for each of its files. What changes is told every 50 ms at most, and however
/// many files a group has, no row is larger than another.
///
/// All of it is in the window's thread: no locks.
class DuplicateGroups : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("It is a property of DuplicateFinder")
    Q_PROPERTY(Order order READ order WRITE setOrder NOTIFY orderChanged)
    Q_PROPERTY(int groupCount READ groupCount NOTIFY changed)
    Q_PROPERTY(int duplicateCount READ duplicateCount NOTIFY changed)
    Q_PROPERTY(qint64 space READ space NOTIFY changed)
    Q_PROPERTY(int selectedCount READ selectedCount NOTIFY selectionChanged)
    Q_PROPERTY(qint64 selectedBytes READ selectedBytes NOTIFY selectionChanged)

public:
    enum Order {
        BySpace, ///< those first that take the most that could be won
        BySize,  ///< of one file
        ByName,  ///< of the first file
    };
    Q_ENUM(Order)
    enum Role {
        FileRole = Qt::UserRole + 1, ///< a FoundFile; null for a group
        SizeRole,
        CountRole,
        SpaceRole,
        FirstPathsRole, ///< two of them
        OpenRole,
        SelectedRole, ///< how many
    };

    explicit DuplicateGroups(QObject *parent = nullptr);
    ~DuplicateGroups() override;

    /// A file whose hash is known.
    void add(FoundFile *file);
    /// Leaves out those that are no more.
    void remove(const QList<FoundFile *> &files);
    void clear();

    Order order() const { return m_order; }
    void setOrder(Order order);
    int groupCount() const { return int(m_rows.size()); }
    /// Not counting the first of each group.
    int duplicateCount() const { return m_duplicateCount; }
    /// How much could be won.
    qint64 space() const { return m_space; }
    int selectedCount() const { return m_selectedCount; }
    qint64 selectedBytes() const { return m_selectedBytes; }

    /// Shows all files of the group of this row, and no longer those of another one; or hides them.
    Q_INVOKABLE void toggle(int row);
    /// Makes rows of what has been added, without waiting for it to be time.
    Q_INVOKABLE void settle();
    /// False, and nothing is done, if no file of its group would be left unselected.
    Q_INVOKABLE bool setSelected(FoundFile *file, bool selected);
    /// Of each group all but the one with the shortest path.
    Q_INVOKABLE void selectAllButOne();
    Q_INVOKABLE void selectNone();
    QList<FoundFile *> selectedFiles() const;
    /// Group by group, in the order of the rows.
    QList<QList<FoundFile *>> groups() const;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void orderChanged();
    void changed();
    void selectionChanged();

private:
    struct Group;
    struct Key;

    Key keyOf(const Group &group) const;
    void soon(Group *group);
    void place(Group *group);
    void insert(Group *group);
    void move(Group *group);
    void takeOut(Group *group);
    void removeFiles(Group *group, const QSet<FoundFile *> &gone);
    void showMore(Group *group);
    void close();
    void count(const Group &group, int sign);
    void select(Group *group, FoundFile *file, bool selected);
    Group *groupOf(const FoundFile *file) const;
    qsizetype indexOf(const Group *group) const;
    qsizetype placeFor(const Key &key) const;
    int rowOf(qsizetype index) const;
    int extentOf(const Group *group) const;
    std::pair<Group *, int> at(int row) const;
    QVariant dataOf(const Group &group, int role) const;

    QHash<QByteArray, std::shared_ptr<Group>> m_byHash;
    QList<Group *> m_rows; // those that are shown, in order
    std::vector<Group *> m_changed;
    Group *m_open = nullptr;
    QTimer m_settle;
    Order m_order = BySpace;
    int m_made = 0;
    int m_duplicateCount = 0;
    qint64 m_space = 0;
    int m_selectedCount = 0;
    qint64 m_selectedBytes = 0;
};
