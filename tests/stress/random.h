// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <chrono>
#include <random>

namespace Stress {

/// Not thread safe: every thread and every call's function has one of its own.
class Random
{
public:
    explicit Random(quint64 seed) : m_engine(seed) {}

    quint64 next() { return m_engine(); }
    int below(int end) { return int(next() % quint64(end)); }
    int between(int first, int last) { return first + below(last - first + 1); }
    bool oneIn(int n) { return below(n) == 0; }
    std::chrono::microseconds upTo(std::chrono::microseconds longest)
    {
        return std::chrono::microseconds(1 + below(int(longest.count())));
    }
    template <typename Choices>
    auto &oneOf(Choices &choices)
    {
        return choices[size_t(below(int(std::size(choices))))];
    }

private:
    std::mt19937_64 m_engine;
};

} // namespace Stress
