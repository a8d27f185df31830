// SPDX-License-Identifier: MIT
// What runs, as text. Any thread.
#include <qferry/programinfo.h>

#include <qferry/base/names_p.h>
#include <qferry/capacitylimiter.h>
#include <qferry/model/sights_p.h>

namespace QFerry {

namespace {

QString secondsText(const CallInfo &info)
{
    const double seconds = info.seconds();
    if (seconds < 0)
        return {};
    const char *const text = info.sinceEarlier ? " for at least %1 s" : " for %1 s";
    return QString::fromLatin1(text).arg(seconds, 0, 'f', 1);
}

QString threadText(const QString &name, quint64 id)
{
    return id == 0 ? name : QStringLiteral("%1 (%2)").arg(name).arg(id);
}

QString progressText(const Progress &progress)
{
    QString text;
    if (progress.total > 0)
        text = QStringLiteral(", %1 of %2").arg(progress.value).arg(progress.total);
    return progress.text.isEmpty() ? text : text + QStringLiteral(", ") + progress.text;
}

QString line(const CallInfo &info)
{
    QString text = QStringLiteral("  #%1 %2: ").arg(info.id).arg(Detail::shownNameOf(info));
    text += info.stateText() + secondsText(info) + progressText(info.progress);
    if (info.cancelRequested)
        text += QStringLiteral(", asked to end");
    if (!info.limiter.isEmpty())
        text += QStringLiteral(", limiter ") + info.limiter;
    if (info.threadId != 0)
        text += QStringLiteral(", thread ") + threadText(info.thread, info.threadId);
    if (!info.origin.isEmpty() && info.origin != info.thread)
        text += QStringLiteral(", from ") + info.origin;
    return text;
}

QString line(const LimiterInfo &info)
{
    return QStringLiteral("  #%1 %2: %3 of %4, %5 wait")
            .arg(info.id)
            .arg(Detail::shownName(info.name, "unnamed limiter"))
            .arg(info.borrowed)
            .arg(info.total == CapacityLimiter::Unlimited ? QStringLiteral("any number")
                                                          : QString::number(info.total))
            .arg(info.waiting);
}

QString line(const StreamInfo &info)
{
    const QString bound =
            info.capacity == 0 ? QStringLiteral("any number") : QString::number(info.capacity);
    QString text = QStringLiteral("  #%1 %2: %3 made, %4 taken, %5 of %6 inside, to %7")
                           .arg(info.id)
                           .arg(Detail::shownName(info.name, "unnamed"))
                           .arg(info.made)
                           .arg(info.taken)
                           .arg(info.inside())
                           .arg(bound, info.thread);
    if (info.waitingProducers > 0)
        text += QStringLiteral(", %1 wait for room").arg(info.waitingProducers);
    if (info.consumerWaits)
        text += QStringLiteral(", an item is waited for");
    return text;
}

QString line(const PortalInfo &info)
{
    return QStringLiteral("  #%1 in %2: %3, %4 inside")
            .arg(info.id)
            .arg(info.thread,
                 info.running ? QStringLiteral("runs") : QStringLiteral("has been stopped"))
            .arg(info.guests);
}

QString line(const LoopInfo &info)
{
    return QStringLiteral("  %1: %2, %3 threads wait for it, longest stall %4 ms")
            .arg(threadText(info.thread, info.threadId),
                 info.turning ? QStringLiteral("turns") : QStringLiteral("has ended"))
            .arg(info.waiting)
            .arg(info.stallSeconds() * 1000, 0, 'f', 1);
}

template <typename Info>
void add(QString &text, const char *what, const QList<Info> &infos)
{
    if (infos.isEmpty())
        return;
    text += QString::fromLatin1(what).arg(infos.size()) + u'\n';
    for (const Info &info : infos)
        text += line(info) + u'\n';
}

} // namespace

QString dumpCalls()
{
    const ProgramInfo info = programSnapshot();
    QString text;
    add(text, "%1 calls and tasks", info.calls);
    add(text, "%1 limiters", info.limiters);
    add(text, "%1 streams and channels", info.streams);
    add(text, "%1 portals", info.portals);
    add(text, "%1 event loops", info.loops);
    return text;
}

} // namespace QFerry
