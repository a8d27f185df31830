// SPDX-License-Identifier: MIT
// What columns are made of, where the rows' type is known. In the model's thread.
#pragma once

#include <qferry/model/getter.h>
#include <qferry/model/modelcolumns.h>

#include <QtCore/qmetaobject.h>

namespace QFerry::Detail {

/// What a ModelColumn is made of.
template <typename T>
struct ColumnPlan
{
    QString title;
    Qt::Alignment alignment;
    QByteArray name;
    bool isShown = true;
    std::vector<std::pair<int, RowGetter<T>>> getters; // by role; the first is what is shown
};

/// The getters of all columns, by their numbers: the row itself is 0.
template <typename T>
class ColumnGetters
{
public:
    ModelColumns take(std::vector<ColumnPlan<T>> plans)
    {
        m_getters.assign(1, [](const T &row) { return itself(row); });
        ModelColumns columns;
        columns.named.push_back({ "modelData", isCopyable<T> ? 0 : -1 });
        for (ColumnPlan<T> &plan : plans)
            takeColumn(plan, columns);
        return columns;
    }

    QVariant read(const T &row, int getter) const { return m_getters[size_t(getter)](row); }

private:
    static QVariant itself(const T &row)
    {
        if constexpr (isCopyable<T>)
            return QVariant::fromValue(row);
        else
            return {};
    }

    void takeColumn(ColumnPlan<T> &plan, ModelColumns &columns)
    {
        ColumnFace face{
            .header = {}, .alignment = plan.alignment, .name = plan.name, .getters = {}
        };
        for (auto &[role, getter] : plan.getters) {
            face.getters.emplace_back(role, int(m_getters.size()));
            m_getters.push_back(std::move(getter));
        }
        columns.add(std::move(face), plan.title, plan.isShown);
    }

    std::vector<RowGetter<T>> m_getters;
};

/// A column for each property of a gadget; for other types one of the rows themselves.
template <typename T>
std::vector<ColumnPlan<T>> usualColumns()
{
    std::vector<ColumnPlan<T>> plans;
    if constexpr (HasProperties<T>) {
        const QMetaObject &type = T::staticMetaObject;
        for (int i = 0; i < type.propertyCount(); ++i) {
            const QMetaProperty property = type.property(i);
            plans.push_back({ QString::fromUtf8(property.name()),
                              {},
                              property.name(),
                              true,
                              { { Qt::DisplayRole, [property](const T &row) {
                                     return property.readOnGadget(&row);
                                 } } } });
        }
    } else {
        plans.push_back(
                { {}, {}, {}, true, { { Qt::DisplayRole, rowGetter<T>(std::identity()) } } });
    }
    return plans;
}

} // namespace QFerry::Detail
