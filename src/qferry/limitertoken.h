// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/global.h>

#include <QtCore/qshareddata.h>

namespace QFerry {

namespace Detail {
class TokenHolder;
}

/**
 * A token of a CapacityLimiter, from CapacityLimiter::acquireToken(): given back when this goes, in
 * whatever thread. It may outlive the limiter. For one thread at a time.
 */
class QFERRY_EXPORT LimiterToken
{
public:
    /// No token.
    LimiterToken() noexcept;
    LimiterToken(LimiterToken &&other) noexcept;
    /// Gives back the token that this was.
    LimiterToken &operator=(LimiterToken &&other) noexcept;
    ~LimiterToken();

    /// Whether this holds a token.
    [[nodiscard]] bool isValid() const { return bool(d); }
    /// Gives the token back now, if there is one.
    void release();

    explicit LimiterToken(QExplicitlySharedDataPointer<Detail::TokenHolder> holder) noexcept;

private:
    QExplicitlySharedDataPointer<Detail::TokenHolder> d;
};

} // namespace QFerry
