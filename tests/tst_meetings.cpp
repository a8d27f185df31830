// SPDX-License-Identifier: MIT
// What happens when two threads meet in the same moment: some thousand times, so that it is not
// left to the stress programs to find out in hours.
#include "burst.h"
#include "portals.h"

using namespace QFerry;
using namespace Testing;

namespace {

/// A thread that does something in the moment in which another one does something else. What takes
/// too long ends the program: nobody could wait for it.
class Partner
{
public:
    Partner() : m_thread([this] { live(); }) {}
    ~Partner()
    {
        m_task = {};
        m_called.open();
        m_thread.join();
    }
    Q_DISABLE_COPY_MOVE(Partner)

    /// Returns when both have been done. Who is a little later differs from round to round.
    template <typename Own>
    void meet(Own &&own, std::function<void()> others)
    {
        m_task = std::move(others);
        m_isThere = false;
        m_called.open();
        while (!m_isThere)
            std::this_thread::yield();
        m_delay = (m_delay + 1) % 64;
        for (int i = 0; i < m_delay; ++i)
            std::atomic_signal_fence(std::memory_order_seq_cst);
        own();
        if (!m_done.tryPass())
            qFatal("a thread was not woken");
    }

private:
    void live()
    {
        for (;;) {
            (void)m_called.tryPass(1, std::chrono::hours(1));
            if (!m_task)
                return;
            m_isThere = true;
            m_task();
            m_done.open();
        }
    }

    std::function<void()> m_task; // handed over by the gates
    std::atomic<bool> m_isThere{ false };
    int m_delay = 0;
    Gate m_called;
    Gate m_done;
    std::thread m_thread;
};

/// Whatever comes of it, it comes.
template <typename F>
void outlive(F &&fn)
{
    try {
        fn();
    } catch (const Error &) {
    }
}

auto shortCall()
{
    return toThread([] { return 1; });
}

#ifdef TESTING_SANITIZED
constexpr int few = 50;
constexpr int many = 500;
#else
constexpr int few = 200;
constexpr int many = 3000;
#endif

} // namespace

class tst_Meetings : public QObject
{
    Q_OBJECT

private slots:
    void aWaitMeetsTheEndOfItsCall();
    void aWaitMeetsTheStopOfAPortal();
    void aTaskMeetsTheStopOfItsPortal();
    void anAnswerMeetsTheEndOfItsLoop();
    void aManagerMeetsTheStopOfItsPortal();
    void aResultMeetsTheEndOfItsLoop();
    void anItemMeetsTheEndOfItsLoop();
    void aCancelMeetsAnItem();

private:
    Partner m_partner;
};

void tst_Meetings::aWaitMeetsTheEndOfItsCall()
{
    for (int i = 0; i < many; ++i) {
        Gate gate;
        const PendingCall<void> call = toThread([&gate] { gate.pass(); });
        m_partner.meet([&] { gate.open(); }, [&] { waitInThread(call); });
    }
}

/// The call that ends is a member of the portal's, which others copy.
void tst_Meetings::aWaitMeetsTheStopOfAPortal()
{
    for (int i = 0; i < many; ++i) {
        BlockingPortal portal;
        m_partner.meet([&] { portal.stop(); },
                       [&] { outlive([&] { waitInThread(portal.sleepUntilStopped()); }); });
    }
}

void tst_Meetings::aTaskMeetsTheStopOfItsPortal()
{
    for (int i = 0; i < few; ++i) {
        auto portal = startBlockingPortal();
        m_partner.meet([&] { portal.stop(i % 2 == 0); },
                       [&] {
                           outlive([&] {
                               QFuture<int> task = portal.startTaskSoon(&shortCall);
                               task.waitForFinished();
                           });
                       });
    }
}

void tst_Meetings::anAnswerMeetsTheEndOfItsLoop()
{
    for (int i = 0; i < few; ++i) {
        LoopThread loop;
        LoopToken token;
        loop.call([&] { token = currentLoop(); });
        m_partner.meet([&] { loop.finish(); },
                       [&] { outlive([&] { (void)fromThread(token, &shortCall); }); });
    }
}

void tst_Meetings::aManagerMeetsTheStopOfItsPortal()
{
    struct Session
    {
        PendingCall<int> asyncEnter() { return shortCall(); }
        PendingCall<bool> asyncExit(const std::exception_ptr &)
        {
            return toThread([] { return false; });
        }
    };
    for (int i = 0; i < few; ++i) {
        auto portal = startBlockingPortal();
        Session session;
        auto manager = portal.wrapAsyncContextManager(session);
        m_partner.meet(
                [&] { portal.stop(i % 2 == 0); },
                [&] { outlive([&] { (void)manager.run([](int value) { return value; }); }); });
    }
}

void tst_Meetings::aResultMeetsTheEndOfItsLoop()
{
    for (int i = 0; i < few; ++i) {
        LoopThread loop;
        Gate gate;
        PendingCall<void> call;
        PendingCall<void> handled;
        loop.call([&] {
            call = toThread([&gate] { gate.pass(); });
            handled = call.then(loop.context(), [] {
                              return shortCall().future();
                          }).then(loop.context(), [] {});
        });
        m_partner.meet([&] { gate.open(); }, [&] { loop.finish(); });
        QVERIFY(waitFor(call)); // which uses the gate
        QVERIFY(waitFor(handled));
    }
}

void tst_Meetings::anItemMeetsTheEndOfItsLoop()
{
    for (int i = 0; i < few; ++i) {
        LoopThread loop;
        std::optional<FromThreadChannel<int>> channel;
        PendingCall<int> item;
        loop.call([&] {
            channel.emplace(1);
            item = channel->get();
        });
        const auto producer = channel->producer();
        m_partner.meet([&] { outlive([&] { producer.put(1); }); }, [&] { loop.finish(); });
        QVERIFY(waitFor(item));
    }
}

void tst_Meetings::aCancelMeetsAnItem()
{
    FromThreadChannel<int> channel;
    for (int i = 0; i < few; ++i) {
        const PendingCall<int> item = channel.get();
        m_partner.meet([&] { item.cancel(); }, [&] { channel.put(int(i)); });
        QVERIFY(waitFor(item));
        QCOMPARE(resultOf(item.isCanceled() ? channel.get() : item), i);
    }
}

QTEST_GUILESS_MAIN(tst_Meetings)
#include "tst_meetings.moc"
