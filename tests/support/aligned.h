// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <array>
#include <atomic>
#include <cstddef>

namespace Testing {

/// As the types of vector instructions are: at addresses that the ordinary operator new does not
/// give. It is as large as to need memory of each kind.
template <std::size_t alignment, std::size_t size>
struct alignas(alignment) Aligned
{
    explicit Aligned(int n = 0) : number(n) { check(); }
    Aligned(const Aligned &other) : number(other.number) { check(); }
    Aligned(Aligned &&other) noexcept : number(other.number) { check(); }
    Aligned &operator=(const Aligned &other) = default;
    ~Aligned() { check(); }

    void check() const
    {
        if (quintptr(this) % alignment != 0)
            ++misplaced;
    }

    int number;
    std::array<std::byte, size - sizeof(int)> rest{};
    static inline std::atomic<int> misplaced = 0;
};

/// Calls visit(an Aligned) for all kinds; whether none was ever at a wrong address.
template <typename Visit>
bool withEachAlignment(Visit visit)
{
    const auto isFine = [&]<typename T>(T value) {
        visit(value);
        return T::misplaced.load() == 0;
    };
    // Several times: a wrong address may be right by accident.
    bool areFine = true;
    for (int i = 0; i < 20; ++i) {
        areFine &= isFine(Aligned<32, 32>(5)) & isFine(Aligned<64, 64>(5))
                   & isFine(Aligned<32, 320>(5)) & isFine(Aligned<128, 128>(5))
                   & isFine(Aligned<4096, 4096>(5));
    }
    return areFine;
}

} // namespace Testing
