// SPDX-License-Identifier: MIT
#include "rowfeed.h"

namespace QFerry::Detail {

RowFeedBase::~RowFeedBase() = default;

bool RowFeedBase::handle()
{
    if (!m_taker)
        return false;
    const qsizetype most = qMin(m_taker->wanted(), m_size.value());
    if (most > 0) {
        const auto start = BatchSize::Clock::now();
        m_taker->takeRows(takeRows(most));
        m_size.adapt(BatchSize::Clock::now() - start);
    }
    if (m_taker && m_taker->wanted() <= 0)
        hold();
    return m_taker;
}

} // namespace QFerry::Detail
