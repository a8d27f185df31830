// SPDX-License-Identifier: MIT
#include "jsonreport.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qfile.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>
#include <QtCore/qsavefile.h>
#include <QtCore/qsysinfo.h>
#include <QtCore/qthread.h>

#include <cmath>

namespace Bench {

namespace {

QString processor()
{
    QFile file(u"/proc/cpuinfo"_s);
    if (file.open(QIODevice::ReadOnly)) {
        for (const QByteArray &line : file.readAll().split('\n')) {
            if (line.startsWith("model name"))
                return QString::fromUtf8(line.mid(line.indexOf(':') + 1)).trimmed();
        }
    }
    return QSysInfo::currentCpuArchitecture();
}

QString compiler()
{
#if defined(__clang__)
    return QString::fromLatin1(__VERSION__);
#elif defined(__GNUC__)
    return u"GCC "_s + QString::fromLatin1(__VERSION__);
#else
    return u"unknown"_s;
#endif
}

QJsonObject environment(const Report &report)
{
    return
    {
        { u"processor"_s, processor() }, { u"cores"_s, QThread::idealThreadCount() },
                { u"system"_s, QSysInfo::prettyProductName() },
                { u"kernel"_s, QSysInfo::kernelType() + u' ' + QSysInfo::kernelVersion() },
                { u"Qt"_s, QString::fromLatin1(qVersion()) }, { u"compiler"_s, compiler() },
#if defined(NDEBUG)
                { u"build"_s, u"release"_s },
#else
                { u"build"_s, u"not release: the figures mean little"_s },
#endif
                { u"event dispatcher"_s,
                  QString::fromLatin1(
                          QAbstractEventDispatcher::instance()->metaObject()->className()) },
                { u"repetitions"_s, report.repetitions() }, { u"trial"_s, isTrial() },
    };
}

/// JSON knows no infinity.
QJsonValue number(double figure)
{
    return std::isfinite(figure) ? QJsonValue(figure) : QJsonValue();
}

QJsonObject headingJson(const Heading &heading)
{
    return { { u"benchmark"_s, heading.benchmark },
             { u"title"_s, heading.title },
             { u"unit"_s, heading.unit } };
}

QJsonObject resultJson(const Result &result)
{
    QJsonArray repetitions;
    for (const double median : result.repetitions())
        repetitions.append(number(median));
    return { { u"median"_s, number(result.median()) },
             { u"min"_s, number(result.least()) },
             { u"max"_s, number(result.most()) },
             { u"repetitions"_s, repetitions } };
}

QJsonObject tableJson(const TableRecord &record)
{
    QJsonArray rows;
    for (const Result &result : record.table.results()) {
        QJsonObject row = resultJson(result);
        row.insert(u"name"_s, result.name());
        row.insert(u"ratio"_s, number(result.median() / record.table.first().median()));
        if (record.table.hasManySamples()) {
            row.insert(u"p99"_s, number(result.p99()));
            row.insert(u"worst"_s, number(result.worst()));
        }
        rows.append(row);
    }
    QJsonObject table = headingJson(record.heading);
    table.insert(u"rows"_s, rows);
    table.insert(u"cache line ns"_s, resultJson(record.lineTransfer));
    return table;
}

QJsonObject curveJson(const CurveRecord &record)
{
    QJsonArray series;
    for (const Line &line : record.curve.lines()) {
        QJsonArray points;
        for (size_t i = 0; i < line.size(); ++i) {
            QJsonObject point = resultJson(line[i]);
            point.insert(u"size"_s, record.curve.sizes()[i]);
            points.append(point);
        }
        series.append(QJsonObject{ { u"name"_s, line.front().name() }, { u"points"_s, points } });
    }
    QJsonObject curve = headingJson(record.heading);
    curve.insert(u"size"_s, record.sizeName);
    curve.insert(u"series"_s, series);
    curve.insert(u"cache line ns"_s, resultJson(record.lineTransfer));
    return curve;
}

QJsonObject goalJson(const Goal &goal)
{
    QJsonObject json = headingJson(goal.heading);
    json.insert(u"figure"_s, number(goal.figure));
    json.insert(goal.isUpperBound ? u"at most"_s : u"at least"_s, goal.bound);
    json.insert(u"reached"_s, goal.isReached());
    return json;
}

QJsonObject skipJson(const Skip &skip)
{
    return { { u"benchmark"_s, skip.benchmark }, { u"reason"_s, skip.reason } };
}

template <typename Records, typename ToJson>
QJsonArray list(const Records &records, ToJson toJson)
{
    QJsonArray array;
    for (const auto &record : records)
        array.append(toJson(record));
    return array;
}

} // namespace

void writeJson(const Report &report, const QString &fileName)
{
    const QJsonObject all = {
        { u"environment"_s, environment(report) },
        { u"tables"_s, list(report.tables(), tableJson) },
        { u"curves"_s, list(report.curves(), curveJson) },
        { u"goals"_s, list(report.goals(), goalJson) },
        { u"skipped"_s, list(report.skips(), skipJson) },
    };
    QSaveFile file(fileName);
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(all).toJson()) < 0
        || !file.commit())
        qFatal("%s cannot be written: %s", qUtf8Printable(fileName),
               qUtf8Printable(file.errorString()));
}

} // namespace Bench
