// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"

#include <memory>

namespace Testing {

/// Makes functions that block until released, at the latest when the blocker goes.
class Blocker
{
public:
    Blocker() = default;
    ~Blocker() { releaseAll(); }
    Blocker(const Blocker &) = delete;
    Blocker &operator=(const Blocker &) = delete;

    auto function() const
    {
        return [d = d] {
            d->started.open();
            d->release.pass();
        };
    }
    /// The same, but the function returns a value.
    template <typename T>
    auto returning(T value) const
    {
        return [block = function(), value = std::move(value)] {
            block();
            return value;
        };
    }

    /// Whether so many more functions have started.
    [[nodiscard]] bool hasStarted(int functions = 1) const { return d->started.tryPass(functions); }
    /// The same, without waiting.
    [[nodiscard]] bool hasStartedAlready() const
    {
        return d->started.tryPass(1, std::chrono::milliseconds(0));
    }
    /// The same, for a look at what must not happen: waits only a little.
    [[nodiscard]] bool startsSoon() const
    {
        return d->started.tryPass(1, std::chrono::milliseconds(50));
    }
    void release(int functions = 1) const { d->release.open(functions); }
    void releaseAll() const { release(1'000'000); }

private:
    struct State
    {
        Gate started;
        Gate release;
    };
    const std::shared_ptr<State> d = std::make_shared<State>();
};

} // namespace Testing
