// SPDX-License-Identifier: MIT
#include "rowlist.h"

#include <algorithm>
#include <iterator>

namespace QFerry::Detail {

constexpr size_t mostShifts = 64; // to be looked through for a row's number

ModelRow::~ModelRow() = default;

RowList::RowList() = default;

RowList::~RowList()
{
    for (const ModelRow *row : m_rows)
        delete row;
}

int RowList::positionOf(ModelRow &row) const
{
    for (auto i = size_t(row.asOf - m_base); i < m_shifts.size(); ++i)
        row.position = m_shifts[i].of(row.position);
    row.asOf = m_base + m_shifts.size();
    return row.position;
}

void RowList::number(int from, int to)
{
    for (int row = from; row < to; ++row) {
        at(row).position = row;
        at(row).asOf = m_base + m_shifts.size();
    }
}

void RowList::numberAll()
{
    m_base += m_shifts.size();
    m_shifts.clear();
    number(0, size());
}

void RowList::note(const Shift &shift)
{
    m_shifts.push_back(shift);
    if (m_shifts.size() >= mostShifts)
        numberAll();
}

void RowList::reserveMore(size_t number)
{
    const size_t needed = m_rows.size() + number;
    if (needed > m_rows.capacity())
        m_rows.reserve(qMax(needed, 2 * m_rows.capacity()));
    m_shifts.reserve(mostShifts);
}

/// The same pointers, which are the list's then.
static std::vector<ModelRow *> release(std::vector<RowPtr> rows)
{
    std::vector<ModelRow *> released;
    released.reserve(rows.size());
    for (RowPtr &row : rows)
        released.push_back(row.release());
    return released;
}

void RowList::insert(int row, std::vector<RowPtr> rows)
{
    const bool isAtEnd = row == size();
    const int number = int(rows.size());
    const std::vector<ModelRow *> added = release(std::move(rows));
    m_rows.insert(m_rows.begin() + row, added.begin(), added.end());
    if (!isAtEnd)
        note({ row, INT_MAX, INT_MAX, number, 0 });
    this->number(row, row + number);
}

std::vector<RowPtr> RowList::take(int row, int number)
{
    const auto first = m_rows.begin() + row;
    std::vector<RowPtr> taken(first, first + number);
    m_rows.erase(first, first + number);
    if (row < size())
        note({ row + number, INT_MAX, INT_MAX, -number, 0 });
    return taken;
}

void RowList::move(int row, int number, int destination)
{
    const auto at = [this](int place) { return m_rows.begin() + place; };
    const int end = row + number;
    if (destination < row) {
        std::rotate(at(destination), at(row), at(end));
        note({ destination, row, end, number, destination - row });
    } else {
        std::rotate(at(row), at(end), at(destination));
        note({ row, end, destination, destination - end, -number });
    }
}

std::vector<RowPtr> RowList::exchange(std::vector<RowPtr> rows)
{
    const std::vector<ModelRow *> old = std::exchange(m_rows, release(std::move(rows)));
    numberAll();
    return { old.begin(), old.end() };
}

void RowList::reorder(const std::vector<ModelRow *> &order)
{
    m_rows = order;
    numberAll();
}

} // namespace QFerry::Detail
