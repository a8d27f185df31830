// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/model/rowfeed.h>
#include <qferry/model/typedmodel.h>
#include <qferry/modelcolumn.h>

#include <concepts>

namespace QFerry {

/**
 * A table for views, of rows that come from a Stream, or that a program changes by hand.
 *
 *     struct Entry { QString name; qint64 size; };
 *
 *     StreamModel<Entry> m_entries{ { { tr("Name"), &Entry::name },
 *                                     { tr("Size"), &Entry::size, Qt::AlignRight } } };
 *
 *     view->setModel(&m_entries);
 *     m_entries.start(listFiles(folder)); // a Stream<Entry>
 *
 * With a second type, StreamModel<Entry, QString>, rows have keys: a row that comes with a key that
 * is there takes the place of the old one, rows are found by keys in constant time, and setRows()
 * tells what is different, so that a view keeps its selection and where it stands.
 *
 * What changes rows tells views of no more than what its columns show differently, by as few
 * signals as there can be. It throws InvalidUseError in another thread than the model's, and where
 * there is no such row; see StreamModelBase for changes in slots that hear of changes.
 */
template <typename T, typename Key = void>
class StreamModel : public Detail::TypedModel<T, Key>
{
    using Model = Detail::TypedModel<T, Key>;
    using KeyArgument = typename Model::KeyArgument;

public:
    using Column = ModelColumn<T>;
    using Columns = std::vector<Column>;

    /// Columns of T's properties, if it is a Q_GADGET; else one of the rows themselves.
    explicit StreamModel(QObject *parent = nullptr) : Model(parent)
    {
        this->takeColumns(Detail::usualColumns<T>());
    }
    explicit StreamModel(const Columns &columns, QObject *parent = nullptr) : Model(parent)
    {
        setColumns(columns);
    }
    /// With keys, which a getter gives.
    template <Detail::KeyGetter<T, Key> G>
    explicit StreamModel(G key, QObject *parent = nullptr) : Model(std::move(key), parent)
    {
        this->takeColumns(Detail::usualColumns<T>());
    }
    template <Detail::KeyGetter<T, Key> G>
    StreamModel(G key, const Columns &columns, QObject *parent = nullptr)
        : Model(std::move(key), parent)
    {
        setColumns(columns);
    }

    /// Other columns: resets the model.
    void setColumns(const Columns &columns)
    {
        std::vector<Detail::ColumnPlan<T>> plans;
        for (const Column &column : columns)
            plans.push_back(column.plan());
        this->takeColumns(std::move(plans));
    }

    /// Fills the model with the items of a stream: what is there is removed (\sa keepRows), what
    /// runs is canceled. With toStream() it may be an AsyncGenerator's.
    void start(Stream<T> stream)
    {
        this->requireThread("start()");
        this->begin(Detail::makeFeed(std::move(stream),
                                     [](T &&item) { return Model::makeRow(std::move(item)); }));
    }

    /// \name Rows by hand, also while a run adds others
    /// @{
    const T &at(int row) const { return this->valueAt(row); }

    /// If rows have keys: one whose key is there takes the place of the old one.
    void append(T row) { this->appendRows(Model::makeRows(std::move(row))); }
    void append(std::vector<T> rows) { this->appendRows(Model::makeRows(std::move(rows))); }
    /// In front of that row, or behind the last.
    void insert(int row, T value) { this->insertRows(row, Model::makeRows(std::move(value))); }
    void insert(int row, std::vector<T> values)
    {
        this->insertRows(row, Model::makeRows(std::move(values)));
    }

    /// Throws InvalidUseError, too, if another row has the key of the new value.
    void set(int row, T value) { this->changeAt(row, Model::valueChange(std::move(value))); }
    /// The same by f(T &), for rows that can be copied.
    template <std::invocable<T &> F>
    void set(int row, F &&f)
    {
        this->changeAt(row, Model::functionChange(std::forward<F>(f)));
    }
    void removeAt(int row, int number = 1) { this->removeNumber(row, number); }
    /// The row is then at the other place.
    void move(int from, int to) { this->moveOne(from, to); }
    /// All rows anew. Without keys it resets the model; with keys, rows that stay are moved and
    /// changed.
    void setRows(std::vector<T> rows) { this->replaceAll(Model::makeRows(std::move(rows))); }
    /// @}

    /// \name Rows by key
    /// @{
    bool contains(const KeyArgument &key) const { return this->numberOf(key) >= 0; }
    /// -1 if there is none.
    int rowOf(const KeyArgument &key) const { return this->numberOf(key); }
    /// Null if there is none. Good until rows are changed.
    const T *find(const KeyArgument &key) const
    {
        const int row = rowOf(key);
        return row < 0 ? nullptr : &at(row);
    }
    /// False if there is no such row. Throws InvalidUseError, too, if the new value has the key of
    /// another row.
    bool update(const KeyArgument &key, T value)
    {
        return this->changeOf(key, "update()", Model::valueChange(std::move(value)));
    }
    /// The same by f(T &), for rows that can be copied.
    template <std::invocable<T &> F>
    bool update(const KeyArgument &key, F &&f)
    {
        return this->changeOf(key, "update()", Model::functionChange(std::forward<F>(f)));
    }
    /// False if there is no such row.
    bool remove(const KeyArgument &key)
    {
        return this->changeOf(key, "remove()", Model::removal());
    }
    /// @}
};

} // namespace QFerry
