// SPDX-License-Identifier: MIT
#include "modelcolumns.h"

namespace QFerry::Detail {

static bool holds(GetterMask mask, int getter)
{
    return getter >= 0 && (mask >> qMin(getter, lastGetterBit) & 1);
}

int ColumnFace::getterOf(int role) const
{
    for (const auto &[known, getter] : getters) {
        if (known == role)
            return getter;
    }
    return -1;
}

void ModelColumns::add(ColumnFace column, const QString &title, bool isShown)
{
    if (column.name.isEmpty())
        column.name = "column" + QByteArray::number(size());
    const int shown = column.getterOf(Qt::DisplayRole);
    named.push_back({ column.name, shown });
    getterCount += int(column.getters.size());
    if (!isShown)
        return;
    if (column.getterOf(Qt::EditRole) < 0)
        column.getters.emplace_back(Qt::EditRole, shown);
    column.header.insert(Qt::DisplayRole, title);
    columns.push_back(std::move(column));
}

int ModelColumns::getterOf(int column, int role) const
{
    const int place = role - Qt::UserRole;
    if (place >= 0 && place < int(named.size()))
        return named[size_t(place)].getter;
    return column < size() ? columns[size_t(column)].getterOf(role) : -1;
}

QHash<int, QByteArray> ModelColumns::roleNames() const
{
    QHash<int, QByteArray> names{ { Qt::DisplayRole, "display" },
                                  { Qt::EditRole, "edit" },
                                  { Qt::ToolTipRole, "toolTip" },
                                  { Qt::DecorationRole, "decoration" } };
    for (size_t i = 0; i < named.size(); ++i) {
        if (named[i].getter >= 0)
            names.insert(int(Qt::UserRole + i), named[i].name);
    }
    return names;
}

QVariant ModelColumns::alignment(int column) const
{
    Qt::Alignment alignment = columns[size_t(column)].alignment;
    if (!alignment)
        return {};
    if (!(alignment & Qt::AlignVertical_Mask))
        alignment |= Qt::AlignVCenter;
    return int(alignment);
}

QString ModelColumns::describe(int getter) const
{
    for (const ColumnFace &column : columns) {
        for (const auto &[role, number] : column.getters) {
            if (number == getter)
                return QStringLiteral("column \"%1\"")
                        .arg(column.header.value(Qt::DisplayRole).toString());
        }
    }
    for (const NamedRole &role : named) {
        if (role.getter == getter)
            return QStringLiteral("role \"%1\"").arg(QString::fromUtf8(role.name));
    }
    return QStringLiteral("roles");
}

std::pair<int, int> ModelColumns::span(GetterMask getters) const
{
    std::pair<int, int> span{ -1, -1 };
    for (int column = 0; column < size(); ++column) {
        for (const auto &[role, getter] : columns[size_t(column)].getters) {
            if (holds(getters, getter))
                span = { span.first < 0 ? column : span.first, column };
        }
    }
    return span;
}

QList<int> ModelColumns::cellRoles(GetterMask getters) const
{
    QList<int> roles;
    for (const ColumnFace &column : columns) {
        for (const auto &[role, getter] : column.getters) {
            if (holds(getters, getter) && !roles.contains(role))
                roles << role;
        }
    }
    return roles;
}

QList<int> ModelColumns::namedRoles(GetterMask getters) const
{
    QList<int> roles;
    for (size_t i = 0; i < named.size(); ++i) {
        if (holds(getters, named[i].getter))
            roles << int(Qt::UserRole + i);
    }
    return roles;
}

} // namespace QFerry::Detail
