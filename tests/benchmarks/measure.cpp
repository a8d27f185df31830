// SPDX-License-Identifier: MIT
#include "measure.h"

#include <QtCore/qstringlist.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
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

} // namespace

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

void Table::print(const QString &title, const QString &unit) const
{
    const bool many = std::any_of(m_results.cbegin(), m_results.cend(),
                                  [](const Result &result) { return result.hasManySamples(); });
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

void Report::begin(const QString &benchmark)
{
    m_benchmark = benchmark;
    printLine(u"\n== "_s + benchmark);
}

Table Report::compare(const QString &title, const QString &unit,
                      const std::vector<Variant> &variants)
{
    std::vector<Result> results;
    for (const Variant &variant : variants) {
        (void)variant.repetition(); // warms up
        results.emplace_back(variant.name);
    }
    for (int repetition = 0; repetition < m_repetitions; ++repetition) {
        for (size_t i = 0; i < variants.size(); ++i) {
            const size_t turn = (i + size_t(repetition)) % variants.size(); // each comes after each
            results[turn].add(variants[turn].repetition());
        }
    }
    Table table(std::move(results));
    table.print(title, unit);
    return table;
}

void Report::atLeast(const QString &goal, double figure, double bound, const QString &unit)
{
    note(figure >= bound, goal, figure, u"at least "_s + figureText(bound), unit);
}

void Report::atMost(const QString &goal, double figure, double bound, const QString &unit)
{
    note(figure <= bound, goal, figure, u"at most "_s + figureText(bound), unit);
}

void Report::note(bool reached, const QString &goal, double figure, const QString &bound,
                  const QString &unit)
{
    m_allReached &= reached;
    const QString line = (reached ? u"PASS  "_s : u"MISS  "_s) + m_benchmark + u": "_s + goal
                         + u": "_s + figureText(figure) + u' ' + unit + u" (goal: "_s + bound
                         + u')';
    printLine(u"  "_s + line);
    m_goals.push_back(line);
}

bool Report::summary() const
{
    printLine(u"\n== Goals, medians of %1 repetitions"_s.arg(m_repetitions));
    for (const QString &line : m_goals)
        printLine(line);
    return m_allReached;
}

} // namespace Bench
