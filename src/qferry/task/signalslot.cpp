// SPDX-License-Identifier: MIT
// Any thread.
#include "signalslot.h"

#include <qferry/thread/tsan_p.h>

namespace QFerry::Detail {

void slotHasMoved() noexcept
{
    tsanRelease();
}

void slotIsEntered() noexcept
{
    tsanAcquire();
}

} // namespace QFerry::Detail
