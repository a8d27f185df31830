// SPDX-License-Identifier: MIT
// Pages through a database from a thread that its connection stays in, and stops when it has seen
// enough.

#include <qferry/qferry.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QThread>

using namespace Qt::StringLiterals;

struct Reading
{
    qint64 id;
    QString sensor;
    double value;
};

/// A connection must be used only in the thread that opened it: it lives on the stack of a
/// generator.
class Connection
{
public:
    explicit Connection(const QString &path) : m_name(u"readings-%1"_s.arg(quintptr(this)))
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_name);
        database.setDatabaseName(path);
        if (!database.open())
            fail(database.lastError());
    }
    ~Connection()
    {
        QSqlDatabase::removeDatabase(m_name);
        qInfo("%s: connection closed", qUtf8Printable(QThread::currentThread()->objectName()));
    }
    Q_DISABLE_COPY_MOVE(Connection)

    QSqlQuery query(const QString &sql, const QVariantList &values = {}) const
    {
        QSqlQuery query(QSqlDatabase::database(m_name));
        query.setForwardOnly(true);
        query.prepare(sql);
        for (const QVariant &value : values)
            query.addBindValue(value);
        if (!query.exec())
            fail(query.lastError());
        return query;
    }

private:
    [[noreturn]] static void fail(const QSqlError &error)
    {
        throw std::runtime_error(error.text().toStdString());
    }

    const QString m_name;
};

static void createReadings(const QString &path, int rows)
{
    QElapsedTimer time;
    time.start();
    const Connection connection(path);
    connection.query(u"CREATE TABLE readings (id INTEGER PRIMARY KEY, sensor TEXT, value REAL)"_s);
    connection.query(
            u"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO readings SELECT i, 'sensor ' || (i % 10), (i * 7919 % 1000) / 10.0 FROM n"_s,
            { rows });
    qInfo("created %d rows in %lld ms", rows, time.elapsed());
}

/// The generator: all readings, a page at a time. It blocks in the database, or until the loop
/// wants more.
static void allReadings(QFerry::Yield<Reading> &yield, const QString &path)
{
    const Connection connection(path); // closed however this is left
    qint64 last = 0;
    for (bool isLastPage = false; !isLastPage;) {
        isLastPage = true;
        QSqlQuery page = connection.query(
                u"SELECT id, sensor, value FROM readings WHERE id > ? ORDER BY id LIMIT 1000"_s,
                { last });
        while (page.next()) {
            isLastPage = false;
            last = page.value(0).toLongLong();
            yield({ last, page.value(1).toString(), page.value(2).toDouble() });
        }
    }
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument(u"file"_s, u"The database; it is created if there is none."_s,
                                 u"[file]"_s);
    parser.addOption(
            { u"rows"_s, u"How many rows a new database gets."_s, u"number"_s, u"1000000"_s });
    parser.addOption({ u"wanted"_s, u"How many high readings to look for; 0 for all."_s,
                       u"number"_s, u"5"_s });
    parser.process(app);
    const QString path = parser.positionalArguments().value(
            0, QDir::temp().filePath(u"qferry-readings.sqlite"_s));
    const int rows = parser.value(u"rows"_s).toInt();
    const int wanted = parser.value(u"wanted"_s).toInt();

    int seen = 0;
    int found = 0;
    const auto look = [&](const Reading &reading) {
        ++seen;
        if (reading.value < 99.9)
            return true;
        ++found;
        if (found <= 5)
            qInfo("reading %lld of %s: %.1f", reading.id, qUtf8Printable(reading.sensor),
                  reading.value);
        return found != wanted; // false ends the stream, and its generator
    };

    // Each stream has a thread of its own: the connection is opened, used and closed there.
    const auto readings = QFerry::threadedIterableSeparate(
            &allReadings, { .maxSize = 256, .name = u"readings"_s });
    const auto created = QFileInfo::exists(path) ? QFerry::toThread([] {})
                                                 : QFerry::toThread({ .name = u"creation"_s },
                                                                    createReadings, path, rows);
    created.then(&app, [&] { return readings(path).forEach(&app, look); })
            .then(&app,
                  [&] {
                      qInfo("found %d high ones after %d rows", found, seen);
                      app.quit();
                  })
            .onFailed(&app, [&](const std::exception &error) {
                qCritical("%s", error.what());
                app.exit(1);
            });
    return app.exec();
}
