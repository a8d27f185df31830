// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qstring.h>

#include <chrono>
#include <functional>
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
    /// The median of one over the median of the other.
    double ratio(const QString &of, const QString &to) const;
    void print(const QString &title, const QString &unit) const;

private:
    std::vector<Result> m_results;
};

/// Measures, prints, and keeps the account of the goals.
class Report
{
public:
    explicit Report(int repetitions) : m_repetitions(repetitions) {}

    void begin(const QString &benchmark);
    /// Runs the variants in turns, prints their table. The first variant is the one the others are
    /// compared with.
    Table compare(const QString &title, const QString &unit, const std::vector<Variant> &variants);

    /// \name Goals: a line that says PASS or MISS
    /// @{
    void atLeast(const QString &goal, double figure, double bound, const QString &unit);
    void atMost(const QString &goal, double figure, double bound, const QString &unit);
    /// @}

    /// Repeats the lines of all goals. False if one was missed.
    bool summary() const;

private:
    void note(bool reached, const QString &goal, double figure, const QString &bound,
              const QString &unit);

    const int m_repetitions;
    QString m_benchmark;
    std::vector<QString> m_goals;
    bool m_allReached = true;
};

/// Writes a line to standard output, at once.
void printLine(const QString &line);

} // namespace Bench
