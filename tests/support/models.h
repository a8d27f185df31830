// SPDX-License-Identifier: MIT
// What tests of models have in common.
#pragma once

#include "testing.h"

#include <QtTest/qabstractitemmodeltester.h>

namespace Testing {

using namespace QFerry;
using namespace Qt::StringLiterals;

struct Entry
{
    QString name;
    qint64 size = 0;
    QString path = {};

    QString sizeText() const { return QString::number(size) + u" B"_s; }
    bool operator==(const Entry &) const = default;
};

using Entries = StreamModel<Entry>;
using KeyedEntries = StreamModel<Entry, QString>;
using Numbers = StreamModel<int>;

inline Entries::Columns entryColumns()
{
    return { { u"Name"_s, &Entry::name }, { u"Size"_s, &Entry::sizeText, Qt::AlignRight } };
}

inline Stream<int> numbers(int end, qsizetype maxSize = 1024)
{
    const auto generator = [end](Yield<int> &yield) {
        for (int i = 0; i < end; ++i)
            yield(i);
    };
    return threadedIterable(generator, { .maxSize = maxSize })();
}

template <typename T>
Stream<T> streamOf(std::vector<T> items)
{
    return threadedIterable([items = std::move(items)] { return items; })();
}

[[nodiscard]] inline bool hasEnded(const StreamModelBase &model)
{
    return spinUntil([&] { return !model.isRunning(); });
}

template <typename T, typename Key>
std::vector<T> rowsOf(const StreamModel<T, Key> &model)
{
    std::vector<T> rows;
    for (int row = 0; row < model.count(); ++row)
        rows.push_back(model.at(row));
    return rows;
}

inline QStringList namesOf(const QAbstractItemModel &model)
{
    QStringList names;
    for (int row = 0; row < model.rowCount(); ++row)
        names << model.index(row, 0).data().toString();
    return names;
}

/// What views are told, in words.
class Told
{
public:
    explicit Told(QAbstractItemModel &model)
        : m_tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest)
    {
        m_tester.setUseFetchMore(false);
        using Model = QAbstractItemModel;
        const auto told = [this](const char *what) {
            return [this, what](const QModelIndex &, int first, int last) {
                m_words << u"%1 %2-%3"_s.arg(QLatin1String(what)).arg(first).arg(last);
            };
        };
        QObject::connect(&model, &Model::rowsInserted, &m_context, told("insert"));
        QObject::connect(&model, &Model::rowsRemoved, &m_context, told("remove"));
        QObject::connect(
                &model, &Model::rowsMoved, &m_context,
                [this](const QModelIndex &, int first, int last, const QModelIndex &, int to) {
                    m_words << u"move %1-%2 to %3"_s.arg(first).arg(last).arg(to);
                });
        QObject::connect(&model, &Model::modelReset, &m_context, [this] { m_words << u"reset"_s; });
        QObject::connect(&model, &Model::layoutChanged, &m_context,
                         [this] { m_words << u"layout"_s; });
        QObject::connect(
                &model, &Model::dataChanged, &m_context,
                [this](const QModelIndex &from, const QModelIndex &to, const QList<int> &roles) {
                    m_words << u"change %1-%2 columns %3-%4"_s.arg(from.row())
                                       .arg(to.row())
                                       .arg(from.column())
                                       .arg(to.column());
                    m_roles << roles;
                });
    }

    /// Since the last time.
    QString words()
    {
        m_roles.clear();
        return std::exchange(m_words, {}).join(u", "_s);
    }
    QList<QList<int>> roles() const { return m_roles; }

private:
    QAbstractItemModelTester m_tester;
    QObject m_context;
    QStringList m_words;
    QList<QList<int>> m_roles;
};

} // namespace Testing
