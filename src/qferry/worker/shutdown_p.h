// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace QFerry::Detail {

/// How long an application that quits waits for what still runs. Any thread.
std::chrono::milliseconds quitTimeout();
/// The application quits.
void leaveApplication();

} // namespace QFerry::Detail
