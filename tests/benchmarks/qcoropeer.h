// SPDX-License-Identifier: MIT
#pragma once

#include "peers.h"

#ifdef BENCH_HAS_QCORO // set by the build, which has to link it
#    include <QCoro/QCoroFuture>
#    include <QCoro/QCoroTask>

namespace Bench {

/// A coroutine that awaits what start(work) returns: way(context, work, delivered).
template <typename Start>
struct QCoroAwait
{
    QString name;
    Start start;

    template <typename Work, typename Delivered>
    void operator()(QObject *, Work work, Delivered delivered) const
    {
        await(start(std::move(work)), std::move(delivered));
    }

private:
    template <typename Awaited, typename Delivered>
    static QCoro::Task<> await(Awaited awaited, Delivered delivered)
    {
        co_await awaited;
        delivered();
    }
};
template <typename Start>
QCoroAwait(QString, Start) -> QCoroAwait<Start>;

inline auto qcoroConcurrent()
{
    return QCoroAwait{ u"QCoro: co_await QtConcurrent::run, default pool"_s,
                       [](auto work) { return QtConcurrent::run(defaultPool(), work); } };
}
inline auto qcoroConcurrent40()
{
    return QCoroAwait{ u"QCoro: co_await QtConcurrent::run, 40 threads"_s,
                       [](auto work) { return QtConcurrent::run(poolOf40(), work); } };
}
inline auto qcoroFuture()
{
    return QCoroAwait{ u"QFerry co_await toThread().future(), by QCoro"_s,
                       [](auto work) { return QFerry::toThread(work).future(); } };
}
inline auto qcoroCall()
{
    return QCoroAwait{ u"QFerry co_await toThread()"_s,
                       [](auto work) { return QFerry::toThread(work); } };
}

} // namespace Bench
#endif
