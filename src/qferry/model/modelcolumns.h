// SPDX-License-Identifier: MIT
// The columns of a model: which getter answers for which role. In the model's thread.
#pragma once

#include <qferry/model/rowlist.h>

#include <QtCore/qhash.h>
#include <QtCore/qvariant.h>

namespace QFerry::Detail {

/// What views know of a column.
struct ColumnFace
{
    int getterOf(int role) const;

    QHash<int, QVariant> header; // by role
    Qt::Alignment alignment;
    QByteArray name;                          // of the role, for QML; may be empty
    std::vector<std::pair<int, int>> getters; // role and getter: a few
};

class QFERRY_EXPORT ModelColumns
{
public:
    /// In the order of their numbers: -1 for a role without a value.
    struct NamedRole
    {
        QByteArray name;
        int getter;
    };

    std::vector<ColumnFace> columns;
    std::vector<NamedRole> named; // from RowRole on
    int getterCount = 1;          // that of the row itself is 0

    /// Another column, or only its role. Without a name it is "column0", or what its number is.
    void add(ColumnFace column, const QString &title, bool isShown);

    int size() const { return int(columns.size()); }
    /// -1 if there is none.
    int getterOf(int column, int role) const;
    QHash<int, QByteArray> roleNames() const;
    /// Invalid if it is the view's.
    QVariant alignment(int column) const;
    /// What a getter is of, for people.
    QString describe(int getter) const;
    /// Which columns have values of these getters: the first and the last, or nothing (-1).
    std::pair<int, int> span(GetterMask getters) const;
    /// The roles of cells whose values these are, and those that all cells of the row have.
    QList<int> cellRoles(GetterMask getters) const;
    QList<int> namedRoles(GetterMask getters) const;
};

} // namespace QFerry::Detail
