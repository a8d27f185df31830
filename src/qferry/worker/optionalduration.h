// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <type_traits>

namespace QFerry::Detail {

/// A duration that may be left out. (A plain number is told that it needs a unit.)
class OptionalDuration : public std::optional<std::chrono::nanoseconds>
{
public:
    using optional::optional;
    OptionalDuration(const optional &duration) : optional(duration) {} // NOLINT
    template <typename N>
    requires std::is_arithmetic_v<N> OptionalDuration(N) // NOLINT(google-explicit-constructor)
    {
        static_assert(!std::is_arithmetic_v<N>,
                      "QFerry: a timeout has a unit: { .timeout = 5s }, with using namespace "
                      "std::chrono_literals, or std::chrono::seconds(5)");
    }
};

} // namespace QFerry::Detail
