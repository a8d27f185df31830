// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>

namespace QFerry::Detail {

/// How a score falls: by a little each time, or at once as soon as it is not at its best.
enum class ScoreCurve { Gentle, Steep };

/**
 * Whether to try once more what pays at some times and not at others, as to wait a moment for what
 * may come: not for a while, if it has not paid lately.
 *
 * One thread at a time changes it, which may be another one each time.
 */
template <ScoreCurve curve>
class PayScore
{
public:
    /// To be asked on each occasion: some have to pass after it did not pay.
    bool isWorthATry()
    {
        const int score = m_score.load(std::memory_order_relaxed);
        if (score >= 0)
            return true;
        m_score.store(score + 1, std::memory_order_relaxed);
        return false;
    }
    void hasPaid() { set(std::min(score() + 1, best)); }
    void hasNotPaid()
    {
        if constexpr (curve == ScoreCurve::Gentle)
            set(std::max(score() - loss, worst));
        else
            set(score() > loss ? score() - loss : worst);
    }

private:
    static constexpr int best = 4;
    static constexpr int loss = 3;
    static constexpr int worst = -30; // its inverse: so many occasions pass

    int score() const { return m_score.load(std::memory_order_relaxed); }
    void set(int score) { m_score.store(score, std::memory_order_relaxed); }

    std::atomic<int> m_score{ 0 };
};

} // namespace QFerry::Detail
