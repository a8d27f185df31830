// SPDX-License-Identifier: MIT
#include <qferry/channel.h>

namespace QFerry {

FromThreadChannelBase::~FromThreadChannelBase() = default;

} // namespace QFerry
