// SPDX-License-Identifier: MIT
// The way of an item from its limiter to the pool. Under the admission's mutex.
#include "workitem.h"

#include <qferry/pool/admission_p.h>

namespace QFerry::Detail {

bool WorkItem::tokenGranted()
{
    Admission::instance().addReady(this);
    return false;
}

} // namespace QFerry::Detail
