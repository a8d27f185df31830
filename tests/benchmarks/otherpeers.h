// SPDX-License-Identifier: MIT
#pragma once

#include "asiopeer.h"
#include "measure.h"
#include "qcoropeer.h"
#include "threadweaverpeer.h"

namespace Bench {

/// Calls visit(way) for each peer that Qt does not bring, if this build has it, and tells of those
/// it lacks. Ours that need them are among them.
template <typename Visit>
void visitOtherPeers([[maybe_unused]] Report &report, [[maybe_unused]] Visit visit)
{
#ifdef BENCH_HAS_QCORO
    visit(qcoroCall());
    visit(qcoroFuture());
    visit(qcoroConcurrent40());
    visit(qcoroConcurrent());
#else
    report.skip(u"QCoro: it was missing when this was built"_s);
#endif
#ifdef BENCH_HAS_ASIO
    visit(asioPool40());
    visit(asioPool());
#else
    report.skip(u"boost::asio: it was missing when this was built"_s);
#endif
#ifdef BENCH_HAS_THREADWEAVER
    visit(ThreadWeaverQueue());
#else
    report.skip(
            u"ThreadWeaver for Qt 6: it was missing when this was built (Debian 12 has none)"_s);
#endif
}

} // namespace Bench
