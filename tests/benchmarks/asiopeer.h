// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qobject.h>
#include <QtCore/qthread.h>

#if __has_include(<boost/asio/thread_pool.hpp>)
#    include <boost/asio/post.hpp>
#    include <boost/asio/thread_pool.hpp>
#    define BENCH_HAS_ASIO

namespace Bench {

using namespace Qt::StringLiterals;

/// As the others: way(context, work, delivered).
struct AsioPool
{
    QString name;
    boost::asio::thread_pool *pool;

    template <typename Work, typename Delivered>
    void operator()(QObject *context, Work work, Delivered delivered) const
    {
        boost::asio::post(*pool, [context, work = std::move(work),
                                  delivered = std::move(delivered)]() mutable {
            work();
            QMetaObject::invokeMethod(context, std::move(delivered), Qt::QueuedConnection);
        });
    }
};

inline AsioPool asioPool40()
{
    static boost::asio::thread_pool pool(40);
    return { u"asio::thread_pool(40), queued invokeMethod"_s, &pool };
}

inline AsioPool asioPool()
{
    static boost::asio::thread_pool pool(size_t(QThread::idealThreadCount()));
    return { u"asio::thread_pool(cores), queued invokeMethod"_s, &pool };
}

} // namespace Bench
#endif
