// SPDX-License-Identifier: MIT
#pragma once

#include "testing.h"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace Testing {

/// Makes a call that reports what it is told to, until it is canceled, or this goes.
class Reporter
{
public:
    Reporter() = default;
    ~Reporter() { finish(); }
    Q_DISABLE_COPY_MOVE(Reporter)

    QFerry::PendingCall<int> start()
    {
        return QFerry::toThread([d = d] {
            while (true) {
                d->turn.pass();
                QFerry::checkCanceled();
                const std::optional<QFerry::Progress> progress = d->take();
                if (!progress)
                    return 5;
                QFerry::reportProgress(progress->value, progress->total, progress->text);
            }
        });
    }
    void report(const QFerry::Progress &progress) const { d->give(progress); }
    /// The call has its result.
    void finish() const { d->give({}); }

private:
    struct State
    {
        void give(const std::optional<QFerry::Progress> &progress)
        {
            {
                const std::lock_guard lock(mutex);
                reports.push_back(progress);
            }
            turn.open();
        }
        std::optional<QFerry::Progress> take()
        {
            const std::lock_guard lock(mutex);
            if (reports.empty())
                return {};
            const auto first = reports.front();
            reports.erase(reports.begin());
            return first;
        }
        Gate turn;
        std::mutex mutex;
        std::vector<std::optional<QFerry::Progress>> reports;
    };
    const std::shared_ptr<State> d = std::make_shared<State>();
};

} // namespace Testing
