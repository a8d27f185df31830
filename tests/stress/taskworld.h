// SPDX-License-Identifier: MIT
#pragma once

#include "loopthread.h"
#include "work.h"

#include <QtCore/qpromise.h>

#include <array>
#include <optional>
#include <vector>

namespace Stress {

using Testing::LoopThread;

/// Some things that all threads use, and replace. Thread safe; what is replaced goes without the
/// lock.
template <typename T>
class Pool
{
public:
    void put(Random &random, T thing) { replace(random, std::optional<T>(std::move(thing))); }
    void dropOne(Random &random) { replace(random, std::nullopt); }
    std::optional<T> any(Random &random)
    {
        const std::lock_guard lock(m_mutex);
        return random.oneOf(m_things);
    }
    void clear()
    {
        while (std::optional<T> thing = takeLast()) {
        }
    }

private:
    void replace(Random &random, std::optional<T> thing)
    {
        const std::lock_guard lock(m_mutex);
        std::swap(random.oneOf(m_things), thing);
    }
    std::optional<T> takeLast()
    {
        const std::lock_guard lock(m_mutex);
        for (std::optional<T> &thing : m_things) {
            if (thing)
                return std::exchange(thing, std::nullopt);
        }
        return std::nullopt;
    }

    std::mutex m_mutex;
    std::array<std::optional<T>, 16> m_things;
};

/// Objects of another thread that send objectNameChanged(), and die.
class Senders
{
public:
    Senders()
    {
        m_thread.call([this] {
            for (SenderPtr &sender : m_senders)
                sender = std::make_unique<QObject>();
        });
    }
    ~Senders() { destroyAll(); }

    /// fn(sender): that lives as long as it runs.
    template <typename F>
    auto withAny(Random &random, F &&fn)
    {
        const std::lock_guard lock(m_mutex);
        return fn(random.oneOf(m_senders).get());
    }
    /// One of them sends, or is replaced.
    void stir(Random &random)
    {
        m_thread.call([&] {
            SenderPtr &sender = random.oneOf(m_senders);
            if (!random.oneIn(4)) {
                sender->setObjectName(QString::number(random.next()));
                return;
            }
            auto fresh = std::make_unique<QObject>();
            const std::lock_guard lock(m_mutex);
            std::swap(sender, fresh);
        });
    }

private:
    using SenderPtr = std::unique_ptr<QObject>;

    void destroyAll()
    {
        m_thread.call([this] {
            for (SenderPtr &sender : m_senders)
                sender.reset();
        });
    }

    LoopThread m_thread;
    std::mutex m_mutex;
    std::array<SenderPtr, 4> m_senders; // replaced in the thread, under the mutex
};

/// Counts who is in a place that has room for so many.
class Room
{
public:
    explicit Room(int size) : m_size(size) {}

    class Guest
    {
    public:
        explicit Guest(Room &room) : m_room(room)
        {
            if (++m_room.m_guests > m_room.m_size)
                Ledger::instance().fault("more had a permit, or a lock, than there are");
        }
        ~Guest() { --m_room.m_guests; }
        Q_DISABLE_COPY_MOVE(Guest)

    private:
        Room &m_room;
    };

private:
    const int m_size;
    std::atomic<int> m_guests{ 0 };
};

/// What all tasks have in common, and those that disturb them.
struct World
{
    static constexpr int permitCount = 3;

    Pool<PendingCall<Counted>> handles;
    Pool<std::shared_ptr<CancelScope>> scopes;
    Pool<TaskGroup> groups;
    Pool<LoopToken> loops;
    Pool<std::shared_ptr<Event>> events;
    Pool<std::shared_ptr<QPromise<Counted>>> promises;
    Senders senders;
    Semaphore permits{ permitCount };
    Room permitRoom{ permitCount };
    Lock lock;
    Room lockRoom{ 1 };
    Condition changed{ lock };
    std::atomic<bool> isEnding{ false }; // no further tasks begin

    /// What tasks wait for comes, some time. Any thread.
    void give(Random &random)
    {
        switch (random.below(5)) {
        case 0:
            changed.notifyOne();
            break;
        case 1:
            changed.notifyAll();
            break;
        case 2:
            senders.stir(random);
            break;
        case 3:
            if (const auto event = events.any(random); event && random.oneIn(2))
                (*event)->set();
            events.dropOne(random);
            break;
        default:
            promises.dropOne(random);
        }
    }
    /// Any thread.
    void cancelSomething(Random &random)
    {
        const QString reason = QStringLiteral("why not");
        switch (random.below(3)) {
        case 0:
            if (const auto handle = handles.any(random))
                handle->cancel(reason);
            break;
        case 1:
            if (const auto scope = scopes.any(random))
                (*scope)->cancel(reason);
            break;
        default:
            if (const auto group = groups.any(random))
                group->cancel(reason);
        }
    }
    /// Whatever it keeps alive.
    void clear()
    {
        handles.clear();
        scopes.clear();
        groups.clear();
        events.clear();
        promises.clear();
    }
};

/// Whether its owner lives.
using LifePtr = std::shared_ptr<std::atomic<bool>>;

/// The first member of an owner, so that it goes last.
class Life
{
public:
    ~Life() { *m_life = false; }
    const LifePtr &ptr() const { return m_life; }

private:
    const LifePtr m_life = std::make_shared<std::atomic<bool>>(true);
};

} // namespace Stress
