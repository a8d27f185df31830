// SPDX-License-Identifier: MIT
#pragma once

#include "outside.h"

#include <ctime>
#include <numeric>
#include <vector>

namespace Testing {

/// 0, 1, 2, ...
inline std::vector<int> numbersBelow(int end)
{
    std::vector<int> numbers(static_cast<size_t>(end));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

/// Runs fn in a thread of its own, which the calling thread waits for in idleness: nothing turns.
template <typename F>
auto runAside(F &&fn)
{
    return OutsideThread<std::invoke_result_t<F>>(std::forward<F>(fn)).result();
}

/// The CPU time that the process has used.
inline std::chrono::duration<double> processTime()
{
    return std::chrono::duration<double>(double(std::clock()) / CLOCKS_PER_SEC);
}

} // namespace Testing
