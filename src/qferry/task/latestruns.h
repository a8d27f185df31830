// SPDX-License-Identifier: MIT
// Whose turn it is among the runs of a LatestCall. In the thread that it belongs to.
#pragma once

#include <qferry/call/callcore.h>

#include <QtCore/qobject.h>

#include <deque>
#include <memory>

namespace QFerry {
enum class RerunPolicy : quint8;
}

namespace QFerry::Detail {

/// What LatestCalls of all types share.
class QFERRY_EXPORT LatestRuns
{
public:
    Q_DISABLE_COPY_MOVE(LatestRuns)

    /// Whether a run is under way, or waits for its turn.
    bool isRunning() const { return m_isRunning || !m_waiting.empty(); }
    /// Cancels all runs: their handlers hear of it.
    void cancel(const QString &reason = {});

protected:
    struct Run
    {
        std::unique_ptr<QObject> context;
        CallPtr turn; // finishes when it has come
        CallPtr end;
    };

    explicit LatestRuns(RerunPolicy policy);
    ~LatestRuns();

    /// The run under way, if a new one is not to be.
    CallPtr runToJoin() const;
    static Run makeRun();
    void add(Run &&run);
    void ended(const QObject *context);
    /// Throws InvalidUseError.
    void checkThread() const;

private:
    class Turn;
    void begin(Run &&run);

    const RerunPolicy m_policy;
    const QObject m_home; // whose thread is this one's
    Run m_latest;         // or the last one, until another begins
    bool m_isRunning = false;
    std::deque<Run> m_waiting;
};

} // namespace QFerry::Detail
