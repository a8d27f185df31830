// SPDX-License-Identifier: MIT
// A change of a model's rows that may have to wait until views know of the one before.
#pragma once

#include <utility>

namespace QFerry::Detail {

struct RowChange
{
    virtual ~RowChange() = default;
    virtual void make() = 0;
};

template <typename F>
struct RowChangeOf final : RowChange
{
    template <typename G>
    explicit RowChangeOf(G &&f) : function(std::forward<G>(f))
    {}
    void make() override { function(); }
    F function;
};

} // namespace QFerry::Detail
