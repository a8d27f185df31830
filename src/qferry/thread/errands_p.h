// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qshareddata.h>

#include <chrono>
#include <functional>
#include <new>
#include <utility>

namespace QFerry::Detail {

/// False if there is no thread for it.
bool addErrand(std::function<void()> &&errand);

/// Runs a function, soon, in a thread of the library that nobody else waits for: what runs foreign
/// code on behalf of a thread that must not. False if there is neither memory nor a thread for it.
template <typename F>
bool runErrand(F &&errand) noexcept
{
    try {
        return addErrand(std::forward<F>(errand));
    } catch (const std::bad_alloc &) {
        return false;
    }
}
/// After which there may be.
constexpr std::chrono::milliseconds errandDelay{ 20 };

/// A reference to what may be about to go, in which case there is none to be had. In an alarm that
/// it clears before it is gone.
template <typename T>
QExplicitlySharedDataPointer<T> unlessGoing(T *object)
{
    int references = object->ref.loadAcquire();
    while (references > 0) {
        if (object->ref.testAndSetOrdered(references, references + 1, references))
            return QExplicitlySharedDataPointer<T>(object, QAdoptSharedDataTag());
    }
    return {};
}

} // namespace QFerry::Detail
