// SPDX-License-Identifier: MIT
// Whether an exception is what ends an object. In the thread that destroys it.
#pragma once

#include <exception>

namespace QFerry::Detail {

/// Tells an object in its destructor whether an exception came since it was made, and so ends its
/// life. What is moved counts from the move on.
class Unwinding
{
public:
    Unwinding() noexcept = default;
    Unwinding(Unwinding &&) noexcept {}
    Unwinding &operator=(Unwinding &&) noexcept
    {
        m_before = std::uncaught_exceptions();
        return *this;
    }

    bool isUnderWay() const noexcept { return std::uncaught_exceptions() > m_before; }

private:
    int m_before = std::uncaught_exceptions();
};

} // namespace QFerry::Detail
