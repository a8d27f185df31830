// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qstring.h>

#include <chrono>
#include <functional>
#include <limits>
#include <vector>

namespace Bench {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

inline double milliseconds(Clock::duration time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}
inline double microseconds(Clock::duration time)
{
    return std::chrono::duration<double, std::micro>(time).count();
}
inline double nanoseconds(Clock::duration time)
{
    return std::chrono::duration<double, std::nano>(time).count();
}

/// What one repetition gives: a figure, or one for each of many events.
using Samples = std::vector<double>;

/// The value that `fraction` of the samples do not exceed.
[[nodiscard]] double percentile(Samples samples, double fraction);

/// \name A trial: shows in a minute that all of it works, its figures mean nothing
/// @{
void setTrial(bool isTrial);
[[nodiscard]] bool isTrial();
/// The number of calls or items to measure with; in a trial a small part of it.
[[nodiscard]] int amount(int count);
/// @}

/// One way of doing what is measured.
struct Variant
{
    QString name;
    std::function<Samples()> repetition;
};

/// What the repetitions of one variant gave.
class Result
{
public:
    explicit Result(QString name) : m_name(std::move(name)) {}

    void add(const Samples &repetition);
    const QString &name() const { return m_name; }
    /// Of the repetitions' medians.
    double median() const { return percentile(m_medians, 0.5); }
    double least() const { return percentile(m_medians, 0); }
    double most() const { return percentile(m_medians, 1); }
    /// Of the samples of all repetitions; useful where a repetition gives many.
    double p99() const { return percentile(m_all, 0.99); }
    double worst() const { return percentile(m_all, 1); }
    bool hasManySamples() const { return m_all.size() > m_medians.size(); }
    const Samples &repetitions() const { return m_medians; }

private:
    QString m_name;
    Samples m_medians;
    Samples m_all;
};

/// The results of variants that were measured side by side.
class Table
{
public:
    explicit Table(std::vector<Result> results) : m_results(std::move(results)) {}

    const Result &operator[](const QString &name) const;
    const Result &first() const { return m_results.front(); }
    const std::vector<Result> &results() const { return m_results; }
    bool hasManySamples() const;
    /// The median of one over the median of the other.
    double ratio(const QString &of, const QString &to) const;
    void print(const QString &title, const QString &unit) const;

private:
    std::vector<Result> m_results;
};

/// One way of doing what is measured at several sizes.
struct Series
{
    QString name;
    std::function<Samples(int size)> repetition;
    int largest = std::numeric_limits<int>::max();
    QString whyNoLarger = u"it takes too long"_s;
};

/// How one way fared at the sizes, in their order; it may lack the last ones.
using Line = std::vector<Result>;

/// How a figure grows with a size, for ways that were measured side by side.
class Curve
{
public:
    Curve(std::vector<int> sizes, std::vector<Line> lines)
        : m_sizes(std::move(sizes)), m_lines(std::move(lines))
    {}

    const std::vector<int> &sizes() const { return m_sizes; }
    const std::vector<Line> &lines() const { return m_lines; }
    const Result &at(const QString &name, int size) const;
    void print(const QString &title, const QString &unit, const QString &sizeName) const;

private:
    std::vector<int> m_sizes;
    std::vector<Line> m_lines;
};

/// What the report keeps of what it printed.
struct Heading
{
    QString benchmark;
    QString title;
    QString unit;
};
struct TableRecord
{
    Heading heading;
    Table table;
    Result lineTransfer; // before each repetition
};
struct CurveRecord
{
    Heading heading;
    QString sizeName;
    Curve curve;
    Result lineTransfer;
};
struct Goal
{
    Heading heading;
    double figure;
    double bound;
    bool isUpperBound;
    bool isReached() const { return isUpperBound ? figure <= bound : figure >= bound; }
    QString line() const;
};
struct Skip
{
    QString benchmark;
    QString reason;
};

enum class Goals { Judged, Ignored };

/// Measures, prints, and keeps the account of the goals.
class Report
{
public:
    Report(int repetitions, Goals goals)
        : m_repetitions(repetitions), m_judgesGoals(goals == Goals::Judged)
    {}

    void begin(const QString &benchmark);
    /// Runs the variants in turns, prints their table. The first variant is the one the others are
    /// compared with. Where a sample is mostly waiting, the machine's moods tell more than the
    /// variants: more turns in each repetition, of fewer samples, give each variant its share.
    Table compare(const QString &title, const QString &unit, const std::vector<Variant> &variants,
                  int turns = 1);
    /// Runs all sizes of all series in turns, prints a line for each series.
    Curve curve(const QString &title, const QString &unit, const QString &sizeName,
                const std::vector<int> &sizes, const std::vector<Series> &series);
    /// Says what is not measured here, and why.
    void skip(const QString &reason);

    /// \name Goals: a line that says PASS or MISS
    /// @{
    void atLeast(const QString &goal, double figure, double bound, const QString &unit);
    void atMost(const QString &goal, double figure, double bound, const QString &unit);
    /// @}

    /// Repeats the lines of all goals. False if one was missed.
    bool summary() const;

    /// \name For who writes it down
    /// @{
    int repetitions() const { return m_repetitions; }
    const std::vector<TableRecord> &tables() const { return m_tables; }
    const std::vector<CurveRecord> &curves() const { return m_curves; }
    const std::vector<Goal> &goals() const { return m_goals; }
    const std::vector<Skip> &skips() const { return m_skips; }
    /// @}

private:
    struct Turns
    {
        std::vector<Result> results;
        Result lineTransfer{ u"cache line"_s };
    };
    Turns runInTurns(const std::vector<Variant> &variants, int turns) const;
    void note(Goal goal);
    void tellWhatIsLeftOut(const QString &sizeName, int most, const std::vector<Series> &series);

    const int m_repetitions;
    const bool m_judgesGoals;
    QString m_benchmark;
    std::vector<TableRecord> m_tables;
    std::vector<CurveRecord> m_curves;
    std::vector<Goal> m_goals;
    std::vector<Skip> m_skips;
};

/// With commas between the thousands.
[[nodiscard]] QString numberText(int number);

/// Writes a line to standard output, at once.
void printLine(const QString &line);

} // namespace Bench
