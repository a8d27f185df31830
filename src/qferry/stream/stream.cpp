// SPDX-License-Identifier: MIT
// How far generators may be ahead where nothing is said. Any thread.
#include <qferry/stream.h>

#include <qferry/base/logging_p.h>
#include <qferry/errors.h>

#include <atomic>

namespace QFerry {

static constexpr qsizetype notSet = -1;
static std::atomic<qsizetype> s_maxSize{ notSet };

static qsizetype maxSizeFromEnvironment()
{
    constexpr qsizetype usual = 1024;
    const QByteArray text = qgetenv("QFERRY_STREAM_MAX_SIZE");
    if (text.isEmpty())
        return usual;
    bool ok = false;
    const qlonglong size = text.toLongLong(&ok);
    if (ok && size > 0)
        return qsizetype(size);
    if (const Detail::LogPermit permit; permit)
        qCWarning(Detail::lcQFerry).noquote()
                << "QFERRY_STREAM_MAX_SIZE is no positive number, and is ignored:" << text;
    return usual;
}

qsizetype defaultStreamMaxSize()
{
    if (const qsizetype size = s_maxSize.load(std::memory_order_relaxed); size != notSet)
        return size;
    static const qsizetype size = maxSizeFromEnvironment();
    return size;
}

void setDefaultStreamMaxSize(qsizetype maxSize)
{
    Detail::checkMaxSize(maxSize);
    s_maxSize.store(maxSize, std::memory_order_relaxed);
}

void Detail::checkMaxSize(std::optional<qsizetype> maxSize)
{
    if (maxSize && *maxSize < 0)
        throw InvalidUseError(QStringLiteral(
                "The maximum size of a stream must not be negative. 0 sets no bound"));
}

} // namespace QFerry
