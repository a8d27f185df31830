// SPDX-License-Identifier: MIT
// What scripts cancel something of C++ by. In the engine's thread.
#pragma once

#include <QtCore/qobjectdefs.h>

#include <functional>

namespace QFerry::Detail {

/// Known to the scripts as an object that has cancel().
class Canceler
{
    Q_GADGET
public:
    Canceler() = default;
    explicit Canceler(std::function<void()> cancel) : m_cancel(std::move(cancel)) {}

    Q_INVOKABLE void cancel() const
    {
        if (m_cancel)
            m_cancel();
    }

private:
    std::function<void()> m_cancel;
};

} // namespace QFerry::Detail
