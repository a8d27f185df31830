// SPDX-License-Identifier: MIT
#include "workitem.h"

#include <qferry/pool/admission_p.h>

namespace QFerry::Detail {

bool WorkItem::tokenGranted()
{
    Admission::instance().addReady(this);
    return false;
}

} // namespace QFerry::Detail
