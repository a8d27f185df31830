// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/asyncgenerator.h>
#include <qferry/stream.h>
#include <qferry/stream/coroutinestream.h>

namespace QFerry {

/**
 * The items of a coroutine as a Stream, for whoever takes one: toStream(lines(path)).forEach(this,
 * f).
 *
 * There is no worker: the coroutine runs in the thread that first asks the stream for an item,
 * which has an event loop (else the stream fails with NoEventLoopError), as a task in the scope
 * that the stream was made in. It is one item ahead of the stream's consumer at most, and ends with
 * that, as generators in workers do.
 */
template <typename T>
[[nodiscard]] Stream<T> toStream(AsyncGenerator<T> items)
{
    return Stream<T>(
            typename Detail::StreamRing<T>::Ptr(new Detail::CoroutineStream<T>(std::move(items))));
}

} // namespace QFerry
