// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <memory>

namespace Testing {

/// Counts its copies, moves and living instances. A moved-from one counts as alive until it is
/// destroyed.
class Counted
{
public:
    explicit Counted(int number = 0) : value(number) { ++s_alive; }
    ~Counted() { --s_alive; }
    Counted(const Counted &other) : value(other.value)
    {
        ++s_copies;
        ++s_alive;
    }
    Counted(Counted &&other) noexcept : value(other.value)
    {
        ++s_moves;
        ++s_alive;
    }
    Counted &operator=(const Counted &other)
    {
        value = other.value;
        ++s_copies;
        return *this;
    }
    Counted &operator=(Counted &&other) noexcept
    {
        value = other.value;
        ++s_moves;
        return *this;
    }

    static void resetCounts()
    {
        s_copies = 0;
        s_moves = 0;
    }
    static int copies() { return s_copies; }
    static int moves() { return s_moves; }
    static int alive() { return s_alive; }

    int value;

private:
    static inline std::atomic<int> s_copies{ 0 };
    static inline std::atomic<int> s_moves{ 0 };
    static inline std::atomic<int> s_alive{ 0 };
};

using MoveOnly = std::unique_ptr<int>;

/// Can be copied, and its moves are copies.
class CopyOnly
{
public:
    explicit CopyOnly(int number = 0) : value(number) {}
    CopyOnly(const CopyOnly &) = default;
    CopyOnly &operator=(const CopyOnly &) = default;
    ~CopyOnly() = default;

    int value;
};

} // namespace Testing
