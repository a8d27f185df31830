// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/progress.h>

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>

#include <functional>
#include <optional>

namespace QFerry::Detail {

/// Hands progress on at most once per frame: what comes in between is merged into the last.
class ProgressPacer : public QObject
{
    Q_OBJECT
public:
    explicit ProgressPacer(std::function<void(const Progress &)> handler)
        : m_handler(std::move(handler))
    {}

    void offer(const Progress &progress);
    /// The same, but hands it on through the event loop.
    void offerLater(const Progress &progress);
    /// Hands on what is left, now.
    void flush();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    const std::function<void(const Progress &)> m_handler;
    std::optional<Progress> m_waiting;
    QBasicTimer m_frame;
};

} // namespace QFerry::Detail
