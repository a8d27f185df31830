// SPDX-License-Identifier: MIT
// How progress reaches onProgress(): reported by a worker, handled in the context's thread.
#include "progresshandler.h"

#include <qferry/base/logging_p.h>
#include <qferry/call/objectwatch_p.h>
#include <qferry/loop/loopinbox_p.h>

#include <QtCore/qthread.h>

namespace QFerry::Detail {

/// Carries progress into a context's thread: the last report, as often as the loop turns.
class ProgressRelay final : public ProgressListener,
                            public InboxItem,
                            public std::enable_shared_from_this<ProgressRelay>
{
public:
    ProgressRelay(QObject *context, std::function<void(const Progress &)> handler)
        : m_watch(ObjectWatch::of(context)), m_handler(std::move(handler))
    {}

    void listenTo(CallCore &call)
    {
        m_listening = shared_from_this();
        call.addProgressListener(this);
    }

    void progressEnded() override { const auto self = std::move(m_listening); }

    void progressed(const Progress &progress) override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_latest = progress;
            if (m_posted)
                return;
            m_posted = shared_from_this();
        }
        post();
    }

    void deliver() override
    {
        bool isElsewhere = false;
        {
            const std::lock_guard lock(m_watch->mutex);
            isElsewhere = m_watch->isElsewhere();
        }
        if (isElsewhere) {
            post(); // the context moved
            return;
        }
        if (m_watch->isDying()) {
            end();
            return;
        }
        Progress progress;
        std::shared_ptr<ProgressRelay> self;
        {
            const std::lock_guard lock(m_mutex);
            progress = m_latest;
            self = std::exchange(m_posted, {});
        }
        try {
            m_handler(progress);
        } catch (...) {
            if (const LogPermit permit; permit)
                qCWarning(lcQFerry).noquote()
                        << "A progress handler failed:" << describe(std::current_exception());
        }
    }

    void loopFinished() override
    {
        if (m_inbox && m_watch->home(m_inbox->thread()))
            post(); // the context had left that thread
        else
            end();
    }

private:
    void post()
    {
        m_inbox = m_watch->home();
        if (m_inbox)
            m_inbox->post(this);
        else
            ObjectWatch::Ptr(m_watch)->awaitHome(this);
    }

    void end()
    {
        std::shared_ptr<ProgressRelay> self;
        const std::lock_guard lock(m_mutex);
        self = std::exchange(m_posted, {});
    }

    const ObjectWatch::Ptr m_watch;
    const std::function<void(const Progress &)> m_handler;
    LoopInbox *m_inbox = nullptr;               // that this was last posted to
    std::shared_ptr<ProgressRelay> m_listening; // keeps itself alive while the call knows it
    std::mutex m_mutex;
    Progress m_latest;
    std::shared_ptr<ProgressRelay> m_posted; // keeps itself alive while it is in an inbox
};

void listenToProgress(CallCore &call, QObject *context,
                      std::function<void(const Progress &)> handler)
{
    if (!context || !handler)
        throw InvalidUseError(QStringLiteral(
                "onProgress() needs a context, the object whose thread the handler runs in, "
                "and a handler"));
    std::make_shared<ProgressRelay>(context, std::move(handler))->listenTo(call);
}

} // namespace QFerry::Detail
