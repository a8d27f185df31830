// SPDX-License-Identifier: MIT
// What there is to be looked at, held meanwhile. Any thread.
#pragma once

#include <qferry/callinfo.h>
#include <qferry/channel/channelcore.h>
#include <qferry/portal/portaltask.h>
#include <qferry/worker/callextras_p.h>
#include <qferry/worker/heldcalls_p.h>
#include <qferry/worker/heldtasks_p.h>

#include <unordered_map>
#include <vector>

namespace QFerry::Detail {

/// A channel or stream that delivers to a loop, held.
struct HeldStream
{
    ChannelCore::Ptr channel;
    CallPtr producer; // null if there is none
    LoopInbox::Ptr loop;
};
std::vector<HeldStream> collectStreams();

/// What a portal's function has started, held.
using HeldPortalTask = QExplicitlySharedDataPointer<PortalTask>;
std::vector<HeldPortalTask> collectPortalTasks();

/// Its name, for people; what it is, if it has none.
QString shownNameOf(const CallInfo &info);

/// The names of threads, each of which the system is asked for once.
class ThreadNames
{
public:
    QString name(quint64 thread);
    /// Of the loop's thread. Null: none.
    QString name(const LoopInbox *loop);

private:
    std::unordered_map<quint64, QString> m_names;
};

/// What is looked at in one go.
class Look
{
public:
    Look();

    QList<CallInfo> calls();
    const std::vector<HeldStream> &streams() const { return m_streams; }
    ThreadNames &names() { return m_names; }

private:
    void add(const HeldCall &held, QList<CallInfo> &calls);
    CallInfo infoOf(const HeldTask &held);
    CallInfo infoOf(PortalTask &task);
    CallInfo::Kind kindOf(const CallCore *call, CallInfo::Kind usual) const;

    std::vector<HeldStream> m_streams;
    std::vector<HeldPortalTask> m_portalTasks;
    std::unordered_map<const CallCore *, CallInfo::Kind> m_kinds; // of those that are not usual
    ThreadNames m_names;
};

} // namespace QFerry::Detail
