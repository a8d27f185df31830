// SPDX-License-Identifier: MIT
// Who hears of progress. In the worker that reports it.
#pragma once

#include <QtCore/qglobal.h>

namespace QFerry {

struct Progress;

namespace Detail {

template <typename>
class MarkedStack;

/// Hears of a call's progress. Of one call: it is linked into that call's list.
class ProgressListener
{
public:
    /// In the worker, or the thread that adds the listener.
    virtual void progressed(const Progress &progress) = 0;
    /// Any thread: the call will not touch the listener again.
    virtual void progressEnded() = 0;

protected:
    ProgressListener() = default;
    ~ProgressListener() = default;
    Q_DISABLE_COPY_MOVE(ProgressListener)

private:
    template <typename>
    friend class MarkedStack;
    ProgressListener *m_next = nullptr;
};

} // namespace Detail

} // namespace QFerry
