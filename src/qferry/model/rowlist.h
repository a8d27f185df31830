// SPDX-License-Identifier: MIT
// The rows of a model, and where each of them is. In the model's thread.
#pragma once

#include <qferry/global.h>

#include <QtCore/qglobal.h>

#include <climits>
#include <memory>
#include <utility>
#include <vector>

namespace QFerry::Detail {

/// A row, whatever it holds. Its address stays while it is one.
struct QFERRY_EXPORT ModelRow
{
    ModelRow() = default;
    virtual ~ModelRow();
    Q_DISABLE_COPY_MOVE(ModelRow)

    int position = -1; // in its list, as that was after so many changes
    quint64 asOf = 0;
};
using RowPtr = std::unique_ptr<ModelRow>;

/// A bit for each getter whose value has changed: the last stands for all that have no own.
using GetterMask = quint64;
constexpr GetterMask allGetters = ~GetterMask(0);
constexpr int lastGetterBit = 63;

struct ChangedRow
{
    ModelRow *row;
    GetterMask getters;
};

/// What is to be at a place: a new row, or one that is there.
struct RowTarget
{
    RowPtr fresh;
    ModelRow *old;
};

/**
 * Finding a row's number takes no search: each row keeps where it was, and the list what has
 * happened since, up to so many changes. Then all are numbered anew.
 */
class QFERRY_EXPORT RowList
{
public:
    RowList();
    ~RowList();
    Q_DISABLE_COPY_MOVE(RowList)

    int size() const { return int(m_rows.size()); }
    bool isEmpty() const { return m_rows.empty(); }
    ModelRow &at(int row) const { return *m_rows[size_t(row)]; }
    /// Of a row that is in the list.
    int positionOf(ModelRow &row) const;

    /// Makes room, so that insert() needs no memory.
    void reserveMore(size_t number);
    void insert(int row, std::vector<RowPtr> rows);
    std::vector<RowPtr> take(int row, int number);
    /// In front of what is at the destination now.
    void move(int row, int number, int destination);
    /// Others in place of all.
    std::vector<RowPtr> exchange(std::vector<RowPtr> rows);
    /// The same rows in another order.
    void reorder(const std::vector<ModelRow *> &order);

private:
    /// Rows from begin to middle, and from there to end, were moved by so many places.
    struct Shift
    {
        int begin;
        int middle;
        int end;
        int first;
        int second;
        int of(int row) const
        {
            if (row < begin || row >= end)
                return row;
            return row + (row < middle ? first : second);
        }
    };

    void note(const Shift &shift);
    void number(int from, int to);
    void numberAll();

    std::vector<ModelRow *> m_rows; // its own: plain pointers are moved as memory is
    std::vector<Shift> m_shifts;    // since m_base changes
    quint64 m_base = 0;
};

} // namespace QFerry::Detail
