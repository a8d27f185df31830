// SPDX-License-Identifier: MIT
#include "methodguard.h"

#include "methodtarget_p.h"

namespace QFerry {

MethodGuard::MethodGuard(QObject *object) : m_target(Detail::MethodTarget::of(object)) {}

MethodGuard::~MethodGuard()
{
    finish();
}

void MethodGuard::finish()
{
    m_target->finish();
}

} // namespace QFerry
