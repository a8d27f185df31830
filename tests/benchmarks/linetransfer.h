// SPDX-License-Identifier: MIT
#pragma once

namespace Bench {

/// Nanoseconds that a cache line takes from one core to another one at this moment: the unit in
/// which threads pay for what they tell each other. It is no constant: a virtual machine's cores
/// may be moved to the same core of the processor, or to its far ends. Zero if there is one core.
[[nodiscard]] double lineTransfer();

} // namespace Bench
