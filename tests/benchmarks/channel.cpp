// SPDX-License-Identifier: MIT
#include "benchmarks.h"
#include "freshprocess.h"
#include "itempeers.h"

namespace Bench {

namespace {

constexpr int many = 2'000'000;
constexpr int signalled = many / 10; // each is an allocation, and nothing holds the producers back

template <typename T>
QString typeName()
{
    return std::is_same_v<T, int> ? u"int"_s : u"QString"_s;
}

QString withoutGlib(const QString &name)
{
    return name + u", no glib"_s;
}

template <typename T, typename Way>
Variant here(const Way &way, int producers, int count)
{
    return { way.name, [=] {
                return Samples{ way.template nanosecondsPerItem<T>(producers, amount(count)) };
            } };
}

/// The same in a process whose loop is not glib's.
template <typename T, typename Way>
Variant inQtsLoop(const Way &way, int producers)
{
    const QString what = way.name + u'/' + typeName<T>() + u'/' + QString::number(producers);
    return { withoutGlib(way.name), [=] {
                return measureInFreshProcess(u"item-cost"_s, what, { { u"QT_NO_GLIB"_s, u"1"_s } });
            } };
}

template <typename T>
void compareWays(Report &report, int producers)
{
    const ChannelWay channel;
    const QueuedSignalWay queued;
    std::vector<Variant> variants = { here<T>(channel, producers, many) };
    if (producers == 1) {
        variants.push_back(here<T>(StreamWay{ u"Stream::forEach"_s, false }, 1, many));
        variants.push_back(here<T>(StreamWay{ u"Stream::forEachBatch"_s, true }, 1, many));
    }
    variants.push_back(here<T>(queued, producers, signalled));
    variants.push_back(inQtsLoop<T>(channel, producers));
    variants.push_back(inQtsLoop<T>(queued, producers));
#ifdef BENCH_HAS_MOODYCAMEL
    const MoodycamelWay moodycamel;
    variants.push_back(here<T>(moodycamel, producers, many));
#endif
    const QString title = u"%1 items, %2 producers, capacity %3"_s.arg(typeName<T>())
                                  .arg(producers)
                                  .arg(itemCapacity);
    const Table table = report.compare(title, u"ns per item"_s, variants);

    constexpr bool isInt = std::is_same_v<T, int>;
    report.atLeast(title + u", against a queued signal"_s, table.ratio(queued.name, channel.name),
                   isInt ? 40 : 10, u"times its throughput"_s);
    report.atLeast(title + u", against a queued signal without glib"_s,
                   table.ratio(withoutGlib(queued.name), withoutGlib(channel.name)), isInt ? 15 : 4,
                   u"times its throughput"_s);
#ifdef BENCH_HAS_MOODYCAMEL
    report.atMost(title + u", against moodycamel's queue"_s,
                  table.ratio(channel.name, moodycamel.name), 1.5, u"of its cost"_s);
#endif
}

template <typename T>
double costIn(const QString &way, int producers)
{
    if (way == ChannelWay().name)
        return ChannelWay().nanosecondsPerItem<T>(producers, amount(many));
    return QueuedSignalWay().nanosecondsPerItem<T>(producers, amount(signalled));
}

} // namespace

Samples itemCost(const QString &what)
{
    const QStringList words = what.split(u'/');
    const int producers = words.value(2).toInt();
    return { words.value(1) == u"int" ? costIn<int>(words.first(), producers)
                                      : costIn<QString>(words.first(), producers) };
}

void channel(Report &report)
{
    for (const int producers : { 1, 4 }) {
        compareWays<int>(report, producers);
        compareWays<QString>(report, producers);
    }
}

} // namespace Bench
