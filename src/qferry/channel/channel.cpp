// SPDX-License-Identifier: MIT
// Here, once, is what Qt's compiler makes of the channels' common base.
#include <qferry/channel.h>

namespace QFerry {

FromThreadChannelBase::~FromThreadChannelBase() = default;

} // namespace QFerry
