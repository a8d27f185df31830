// SPDX-License-Identifier: MIT
#include "measure.h"

#include "linetransfer.h"

#include <QtCore/qlocale.h>
#include <QtCore/qstringlist.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

namespace Bench {

namespace {

constexpr int nameWidth = 56;
constexpr int figureWidth = 11;

/// Four significant digits, and all of those before the point.
QString figureText(double figure)
{
    const int digits = figure == 0 ? 0 : 3 - int(std::floor(std::log10(std::abs(figure))));
    return QString::number(figure, 'f', std::clamp(digits, 0, 3));
}

QString cells(const QStringList &texts)
{
    QString line;
    for (const QString &text : texts)
        line += text.rightJustified(figureWidth);
    return line;
}

void tell(const Result &lineTransfer)
{
    printLine(u"  (meanwhile a cache line went from core to core in %1 ns; %2 to %3)"_s.arg(
            figureText(lineTransfer.median()), figureText(lineTransfer.least()),
            figureText(lineTransfer.most())));
}

bool trial = false;

} // namespace

void setTrial(bool isTrial)
{
    trial = isTrial;
}

bool isTrial()
{
    return trial;
}

int amount(int count)
{
    return trial ? std::max(count / 50, std::min(count, 100)) : count;
}

QString numberText(int number)
{
    return QLocale(QLocale::English).toString(number);
}

void printLine(const QString &line)
{
    std::puts(qUtf8Printable(line));
    std::fflush(stdout);
}

double percentile(Samples samples, double fraction)
{
    if (samples.empty())
        return std::nan("");
    const auto rank = size_t(std::ceil(fraction * double(samples.size())));
    const auto position = samples.begin() + qptrdiff(std::max<size_t>(rank, 1) - 1);
    std::nth_element(samples.begin(), position, samples.end());
    return *position;
}

void Result::add(const Samples &repetition)
{
    m_medians.push_back(percentile(repetition, 0.5));
    m_all.insert(m_all.end(), repetition.cbegin(), repetition.cend());
}

const Result &Table::operator[](const QString &name) const
{
    const auto found = std::find_if(m_results.cbegin(), m_results.cend(),
                                    [&](const Result &result) { return result.name() == name; });
    if (found == m_results.cend())
        qFatal("No variant is called %s", qUtf8Printable(name));
    return *found;
}

double Table::ratio(const QString &of, const QString &to) const
{
    return (*this)[of].median() / (*this)[to].median();
}

bool Table::hasManySamples() const
{
    return std::any_of(m_results.cbegin(), m_results.cend(),
                       [](const Result &result) { return result.hasManySamples(); });
}

void Table::print(const QString &title, const QString &unit) const
{
    const bool many = hasManySamples();
    QStringList heads = { u"median"_s, u"min"_s, u"max"_s };
    if (many)
        heads += { u"p99"_s, u"worst"_s };
    printLine(u"\n  "_s + (title + u", "_s + unit).leftJustified(nameWidth)
              + cells(heads << u"× first"_s));
    for (const Result &result : m_results) {
        QStringList texts = { figureText(result.median()), figureText(result.least()),
                              figureText(result.most()) };
        if (many)
            texts += { figureText(result.p99()), figureText(result.worst()) };
        texts += figureText(result.median() / m_results.front().median());
        printLine(u"  "_s + result.name().leftJustified(nameWidth) + cells(texts));
    }
}

const Result &Curve::at(const QString &name, int size) const
{
    const auto position =
            size_t(std::find(m_sizes.cbegin(), m_sizes.cend(), size) - m_sizes.cbegin());
    const auto line = std::find_if(m_lines.cbegin(), m_lines.cend(), [&](const Line &candidate) {
        return candidate.front().name() == name;
    });
    if (line == m_lines.cend() || position >= line->size())
        qFatal("There is no %s with %d", qUtf8Printable(name), size);
    return (*line)[position];
}

void Curve::print(const QString &title, const QString &unit, const QString &sizeName) const
{
    QStringList heads;
    for (const int size : m_sizes)
        heads += numberText(size);
    printLine(u"\n  "_s + (title + u", "_s + unit + u", by "_s + sizeName).leftJustified(nameWidth)
              + cells(heads));
    for (const Line &line : m_lines) {
        QStringList texts;
        for (const Result &point : line)
            texts += figureText(point.median());
        printLine(u"  "_s + line.front().name().leftJustified(nameWidth) + cells(texts));
    }
}

QString Goal::line() const
{
    return (isReached() ? u"PASS  "_s : u"MISS  "_s) + heading.benchmark + u": "_s + heading.title
           + u": "_s + figureText(figure) + u' ' + heading.unit
           + (isUpperBound ? u" (goal: at most "_s : u" (goal: at least "_s) + figureText(bound)
           + u')';
}

void Report::begin(const QString &benchmark)
{
    m_benchmark = benchmark;
    printLine(u"\n== "_s + benchmark);
}

Report::Turns Report::runInTurns(const std::vector<Variant> &variants, int turns) const
{
    Turns all;
    for (const Variant &variant : variants) {
        (void)variant.repetition(); // warms up
        all.results.emplace_back(variant.name);
    }
    for (int turn = 0; turn < m_repetitions * turns; ++turn) {
        for (size_t i = 0; i < variants.size(); ++i) {
            const size_t next = (i + size_t(turn)) % variants.size(); // each comes after each
            all.lineTransfer.add({ lineTransfer() });
            all.results[next].add(variants[next].repetition());
        }
    }
    return all;
}

Table Report::compare(const QString &title, const QString &unit,
                      const std::vector<Variant> &variants, int turns)
{
    Turns all = runInTurns(variants, turns);
    Table table(std::move(all.results));
    table.print(title, unit);
    tell(all.lineTransfer);
    m_tables.push_back({ { m_benchmark, title, unit }, table, all.lineTransfer });
    return table;
}

Curve Report::curve(const QString &title, const QString &unit, const QString &sizeName,
                    const std::vector<int> &sizes, const std::vector<Series> &series)
{
    std::vector<Variant> variants;
    for (const Series &one : series) {
        for (const int size : sizes) {
            if (size <= one.largest)
                variants.push_back({ one.name, [&one, size] { return one.repetition(size); } });
        }
    }
    const Turns all = runInTurns(variants, 1);
    std::vector<Line> lines;
    for (const Result &result : all.results) {
        if (lines.empty() || lines.back().front().name() != result.name())
            lines.emplace_back();
        lines.back().push_back(result);
    }
    Curve curve(sizes, std::move(lines));
    curve.print(title, unit, sizeName);
    tell(all.lineTransfer);
    m_curves.push_back({ { m_benchmark, title, unit }, sizeName, curve, all.lineTransfer });
    tellWhatIsLeftOut(sizeName, sizes.back(), series);
    return curve;
}

void Report::tellWhatIsLeftOut(const QString &sizeName, int most, const std::vector<Series> &series)
{
    std::map<std::pair<int, QString>, QStringList> leftOut; // of equal reasons
    for (const Series &one : series) {
        if (one.largest < most)
            leftOut[{ one.largest, one.whyNoLarger }] += one.name;
    }
    for (const auto &[reason, names] : leftOut)
        skip(u"more than %1 %2 (%3): %4"_s.arg(numberText(reason.first), sizeName, reason.second,
                                               names.join(u"; "_s)));
}

void Report::skip(const QString &reason)
{
    const auto isSame = [&](const Skip &skip) {
        return skip.benchmark == m_benchmark && skip.reason == reason;
    };
    if (std::any_of(m_skips.cbegin(), m_skips.cend(), isSame))
        return;
    printLine(u"  skipped: "_s + reason);
    m_skips.push_back({ m_benchmark, reason });
}

void Report::atLeast(const QString &goal, double figure, double bound, const QString &unit)
{
    note({ { m_benchmark, goal, unit }, figure, bound, false });
}

void Report::atMost(const QString &goal, double figure, double bound, const QString &unit)
{
    note({ { m_benchmark, goal, unit }, figure, bound, true });
}

void Report::note(Goal goal)
{
    if (!m_judgesGoals)
        return;
    printLine(u"  "_s + goal.line());
    m_goals.push_back(std::move(goal));
}

bool Report::summary() const
{
    if (!m_judgesGoals)
        return true;
    printLine(u"\n== Goals, medians of %1 repetitions"_s.arg(m_repetitions));
    for (const Goal &goal : m_goals)
        printLine(goal.line());
    return std::all_of(m_goals.cbegin(), m_goals.cend(),
                       [](const Goal &goal) { return goal.isReached(); });
}

} // namespace Bench
