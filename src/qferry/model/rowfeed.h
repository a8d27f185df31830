// SPDX-License-Identifier: MIT
// From a stream to a model: items become rows, as many as the model wants. In the model's thread.
#pragma once

#include <qferry/model/rowlist.h>
#include <qferry/stream.h>

namespace QFerry::Detail {

/// Who takes the rows.
class QFERRY_EXPORT RowTaker
{
public:
    /// How many more.
    virtual qsizetype wanted() const = 0;
    /// May do anything, also end the feed.
    virtual void takeRows(std::vector<RowPtr> rows) = 0;

protected:
    ~RowTaker() = default;
};

/// A loop over a stream that waits while no rows are wanted.
class QFERRY_EXPORT RowFeedBase : public ForEachCall
{
public:
    using Ptr = QExplicitlySharedDataPointer<RowFeedBase>;

    ~RowFeedBase() override;

    /// Null: there is nobody any more.
    void setTaker(RowTaker *taker) { m_taker = taker; }
    /// More rows are wanted now.
    using ForEachCall::goOn;

protected:
    using ForEachCall::ForEachCall;

    bool handle() final;
    bool handlesSingleItems() const final { return false; }
    bool hasFunction() final { return true; }
    void dropFunction() noexcept final {}
    virtual std::vector<RowPtr> takeRows(qsizetype most) = 0;

private:
    RowTaker *m_taker = nullptr;
    BatchSize m_size;
};

/// The part that knows the items' type. makeRow(item) makes a row of one; what it throws ends the
/// loop.
template <typename T, typename MakeRow>
class RowFeed final : public RowFeedBase
{
public:
    using Ring = StreamRing<T>;

    RowFeed(Ring *ring, MakeRow makeRow)
        : RowFeedBase(ring), m_ring(ring), m_makeRow(std::move(makeRow))
    {}

private:
    std::vector<RowPtr> takeRows(qsizetype most) override
    {
        m_ring->takeItems(m_items, most);
        std::vector<RowPtr> rows;
        rows.reserve(m_items.size());
        for (T &item : m_items)
            rows.push_back(m_makeRow(std::move(item)));
        m_items.clear();
        return rows;
    }

    Ring *const m_ring; // lives while items are handled
    MakeRow m_makeRow;
    std::vector<T> m_items; // empty: its memory
};

/// Takes the stream over.
template <typename T, typename MakeRow>
RowFeedBase::Ptr makeFeed(Stream<T> stream, MakeRow makeRow)
{
    typename StreamRing<T>::Ptr ring = stream.release();
    return RowFeedBase::Ptr(new RowFeed<T, MakeRow>(ring.data(), std::move(makeRow)));
}

} // namespace QFerry::Detail
