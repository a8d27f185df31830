// SPDX-License-Identifier: MIT
// A model's rows where their type is known: they are made, read, changed, and found by keys. In the
// model's thread.
#pragma once

#include <qferry/model/columnplan.h>
#include <qferry/model/modelrows.h>
#include <qferry/streammodelbase.h>

namespace QFerry::Detail {

template <typename G, typename T, typename Key>
concept KeyGetter = !std::is_void_v<Key> && std::is_invocable_r_v<Key, G &, const T &>;

/// What StreamModel is made of. Key is void if rows have none.
template <typename T, typename Key>
class TypedModel : public StreamModelBase
{
protected:
    using Row = ModelRowOf<T, Key>;
    static constexpr bool isKeyed = !std::is_void_v<Key>;
    using KeyArgument = std::conditional_t<isKeyed, Key, int>;

    explicit TypedModel(QObject *parent) : StreamModelBase(parent)
    {
        static_assert(!isKeyed, "QFerry: a StreamModel whose rows have keys is given what gives "
                                "them: StreamModel<Entry, QString> model(&Entry::name)");
    }
    template <KeyGetter<T, Key> G>
    TypedModel(G &&key, QObject *parent) : StreamModelBase(parent), m_keys(std::forward<G>(key))
    {}

    QVariant read(const ModelRow &row, int getter) const final
    {
        return m_getters.read(valueOf(row), getter);
    }
    Rows admit(Rows rows, std::vector<ChangedRow> *changed) final
    {
        if constexpr (isKeyed)
            return newOnes(std::move(rows), changed);
        else
            return rows;
    }
    void dismiss(const Rows &rows) final
    {
        if constexpr (isKeyed) {
            for (const RowPtr &row : rows)
                m_keys.leave(static_cast<Row &>(*row));
        }
    }
    void exchange(Rows rows) final
    {
        if constexpr (isKeyed)
            exchangeByKeys(std::move(rows));
        else
            resetRows(std::move(rows));
    }

    static const T &valueOf(const ModelRow &row)
    {
        return static_cast<const Row &>(row).value;
    }
    static RowPtr makeRow(T &&value) { return RowPtr(new Row(std::move(value))); }
    static Rows makeRows(T &&value)
    {
        Rows rows;
        rows.push_back(makeRow(std::move(value)));
        return rows;
    }
    static Rows makeRows(std::vector<T> &&values)
    {
        Rows rows;
        rows.reserve(values.size());
        for (T &value : values)
            rows.push_back(makeRow(std::move(value)));
        return rows;
    }
    void takeColumns(std::vector<ColumnPlan<T>> plans)
    {
        requireThread("setColumns()");
        changeRows([this, plans = std::move(plans)]() mutable {
            resetColumns([&] { return m_getters.take(std::move(plans)); });
        });
    }
    void appendRows(Rows rows)
    {
        requireThread("append()");
        changeRows([this, rows = std::move(rows)]() mutable { admitAt(count(), std::move(rows)); });
    }
    void insertRows(int row, Rows rows)
    {
        requireThread("insert()");
        if (row != count())
            requireRow(row, "insert()");
        changeRows([this, row, rows = std::move(rows)]() mutable {
            admitAt(qMin(row, count()), std::move(rows));
        });
    }
    void removeNumber(int row, int number)
    {
        requireThread("removeAt()");
        if (number <= 0)
            return;
        requireRow(row, "removeAt()");
        requireRow(row + number - 1, "removeAt()");
        changeRows([this, row, number] {
            if (hasRows(row, number, "removeAt()"))
                removeRowsAt(row, number);
        });
    }
    void moveOne(int from, int to)
    {
        requireThread("move()");
        requireRow(from, "move()");
        requireRow(to, "move()");
        changeRows([this, from, to] {
            if (from != to && hasRows(qMax(from, to), 1, "move()"))
                moveRowsTo(from, 1, to > from ? to + 1 : to);
        });
    }
    void replaceAll(Rows rows)
    {
        requireThread("setRows()");
        changeRows([this, rows = std::move(rows)]() mutable { exchange(std::move(rows)); });
    }

    const T &valueAt(int row) const
    {
        requireRow(row, "at()");
        return valueOf(rows().at(row));
    }

    // One row: what becomes of it is a function of the model and the row's number.

    static auto removal()
    {
        return [](TypedModel &model, int row) { model.removeRowsAt(row, 1); };
    }
    static auto valueChange(T &&value)
    {
        return [next = makeRow(std::move(value))](TypedModel &model, int row) mutable {
            model.replace(model.rows().at(row), std::move(next));
        };
    }
    template <typename F>
    static auto functionChange(F &&f)
    {
        static_assert(isCopyable<T>,
                      "QFerry: a row that a function changes is copied, so that what is different "
                      "can be told, and this one cannot be. Give the new row instead");
        return [f = std::decay_t<F>(std::forward<F>(f))](TypedModel &model, int row) mutable {
            T value = valueOf(model.rows().at(row));
            std::invoke(f, value);
            model.replace(model.rows().at(row), makeRow(std::move(value)));
        };
    }
    template <typename Change>
    void changeAt(int row, Change change)
    {
        requireThread("set()");
        requireRow(row, "set()");
        changeRows([this, row, change = std::move(change)]() mutable {
            if (hasRows(row, 1, "set()"))
                change(*this, row);
        });
    }
    /// False if there is no row with that key. Who waits looks for it again.
    template <typename Change>
    bool changeOf(const KeyArgument &key, const char *function, Change change)
    {
        requireThread(function);
        const bool isThere = numberOf(key) >= 0;
        if (isThere)
            changeRows([this, key, change = std::move(change)]() mutable {
                if (const int row = numberOf(key); row >= 0)
                    change(*this, row);
            });
        return isThere;
    }
    int numberOf(const KeyArgument &key) const
    {
        static_assert(isKeyed, "QFerry: rows are found by keys if the model knows the keys' type: "
                               "StreamModel<Entry, QString> model(&Entry::name)");
        ModelRow *row = m_keys.find(key);
        return row && row->position >= 0 ? rows().positionOf(*row) : -1;
    }

private:
    /// Another value for a row, by the one that holds it.
    void replace(ModelRow &row, RowPtr next)
    {
        Row &old = static_cast<Row &>(row);
        Row &other = static_cast<Row &>(*next);
        if constexpr (isKeyed) {
            giveKey(other);
            if (const Row *owner = m_keys.find(other); owner && owner != &old)
                throwKeyTaken();
        }
        std::vector<ChangedRow> changed;
        takeValue(old, other, &changed);
        tellChanged(std::move(changed));
    }
    void takeValue(Row &row, Row &next, std::vector<ChangedRow> *changed)
    {
        GetterMask getters = difference(row, next);
        if (!areEqual(row.value, next.value))
            getters |= 1;
        if constexpr (isKeyed)
            m_keys.rename(row, next);
        replaceValue(row.value, std::move(next.value));
        if (getters != 0 && row.position >= 0)
            changed->push_back({ &row, getters });
    }

    // With keys

    void giveKey(Row &row) const
    {
        try {
            m_keys.assign(row);
        } catch (...) { // it is a row all the same
            warnOfGetter(-1, std::current_exception());
        }
    }
    Rows newOnes(Rows rows, std::vector<ChangedRow> *changed)
    {
        Rows fresh;
        fresh.reserve(rows.size());
        for (RowPtr &row : rows) {
            Row &next = static_cast<Row &>(*row);
            giveKey(next);
            if (Row *old = m_keys.find(next)) {
                takeValue(*old, next, changed);
                continue;
            }
            m_keys.enter(next);
            fresh.push_back(std::move(row));
        }
        return fresh;
    }
    void exchangeByKeys(Rows rows)
    {
        std::vector<RowTarget> targets;
        std::vector<ChangedRow> changed;
        std::vector<bool> isTaken(size_t(count()), false);
        for (RowPtr &row : rows) {
            Row &next = static_cast<Row &>(*row);
            giveKey(next);
            Row *old = m_keys.find(next);
            if (!old) {
                m_keys.enter(next);
                targets.push_back({ std::move(row), nullptr });
                continue;
            }
            takeValue(*old, next, &changed);
            if (old->position < 0)
                continue; // two new rows with one key
            const auto place = size_t(this->rows().positionOf(*old));
            if (!isTaken[place])
                targets.push_back({ nullptr, old });
            isTaken[place] = true;
        }
        rearrange(std::move(targets), std::move(changed));
    }

    RowKeys<T, Key> m_keys;
    ColumnGetters<T> m_getters;
};

} // namespace QFerry::Detail
