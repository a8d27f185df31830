// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/model/columnplan.h>
#include <qferry/streammodelbase.h>

namespace QFerry {

/**
 * A column of a StreamModel: a title, and what gives the value of a row: a data member, a const
 * member function, or any function of a const T &.
 *
 * Values are shown as QVariant has them; a std::string as text, an empty optional as nothing.
 */
template <typename T>
class ModelColumn
{
public:
    template <typename G>
    ModelColumn(const QString &title, G getter, Qt::Alignment alignment = {})
    {
        m_plan.title = title;
        m_plan.alignment = alignment;
        (void)with(Qt::DisplayRole, std::move(getter));
    }

    /// A value that is no column, for QML: a role of that name.
    template <typename G>
    [[nodiscard]] static ModelColumn role(const QByteArray &name, G getter)
    {
        ModelColumn column(QString(), std::move(getter));
        column.m_plan.isShown = false;
        column.m_plan.name = name;
        return column;
    }

    /// The name of the column's role in QML. Without one it is "column0" for the first column, and
    /// so on.
    ModelColumn &named(const QByteArray &name)
    {
        m_plan.name = name;
        return *this;
    }
    /// What the column is sorted by, where that is not what it shows: StreamModelBase::SortRole.
    template <typename G>
    ModelColumn &sortedBy(G getter)
    {
        return with(StreamModelBase::SortRole, std::move(getter));
    }
    template <typename G>
    ModelColumn &toolTip(G getter)
    {
        return with(Qt::ToolTipRole, std::move(getter));
    }
    /// What the cell has for any other role: Qt::DecorationRole, Qt::ForegroundRole, …
    template <typename G>
    ModelColumn &with(int role, G getter)
    {
        m_plan.getters.emplace_back(role, Detail::rowGetter<T>(std::move(getter)));
        return *this;
    }

    const Detail::ColumnPlan<T> &plan() const { return m_plan; }

private:
    Detail::ColumnPlan<T> m_plan;
};

} // namespace QFerry
