// SPDX-License-Identifier: MIT
#include "search.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStringDecoder>

#include <optional>
#include <stdexcept>

using namespace Qt::StringLiterals;

static constexpr qint64 mostBytes = 64 << 20; // of a file
static constexpr int mostShown = 400;         // characters of a line

static QString tr(const char *text)
{
    return QCoreApplication::translate("Search", text);
}

QString Hit::toolTip() const
{
    const QString shown = QDir::toNativeSeparators(path);
    return note.isEmpty() ? shown : shown + u'\n' + note;
}

namespace {

/// The text of a file; nothing if that is none.
struct Text
{
    std::optional<QString> text;
    QString note;
};

class Searcher
{
public:
    Searcher(QFerry::Yield<Hit> &yield, const Query &query);
    void run();

private:
    QStringList listFiles();
    void listFolder(const QString &path, QStringList &files, QStringList &folders);
    void searchFile(const QString &path);
    void searchText(const QString &path, const Text &text);
    void complain(const QString &path, const QString &reason);
    QString nameOf(const QString &path) const { return m_folder.relativeFilePath(path); }

    QFerry::Yield<Hit> &m_yield;
    const Query m_query;
    const QDir m_folder;
    const QRegularExpression m_pattern;
};

} // namespace

static QRegularExpression patternOf(const Query &query)
{
    QRegularExpression::PatternOptions options = QRegularExpression::MultilineOption;
    if (!query.matchesCase)
        options |= QRegularExpression::CaseInsensitiveOption;
    const QRegularExpression pattern(
            query.isRegular ? query.text : QRegularExpression::escape(query.text), options);
    if (!pattern.isValid())
        throw std::runtime_error(
                tr("No regular expression: %1").arg(pattern.errorString()).toStdString());
    return pattern;
}

static Text decode(const QByteArray &bytes)
{
    const auto marked = QStringConverter::encodingForData(bytes); // by its first bytes
    if (!marked && QByteArrayView(bytes).first(qMin<qsizetype>(bytes.size(), 8192)).contains('\0'))
        return {}; // binary
    QStringDecoder decoder(marked.value_or(QStringConverter::Utf8));
    QString text = decoder(bytes);
    if (decoder.hasError())
        return { QString::fromLatin1(bytes), tr("Neither UTF-8 nor UTF-16: read as Latin 1") };
    if (marked && *marked != QStringConverter::Utf8)
        return { text, tr("Encoded in %1").arg(QLatin1String(decoder.name())) };
    return { text, {} };
}

static Text readText(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    if (file.size() > mostBytes)
        throw std::runtime_error(tr("Larger than 64 MB").toStdString());
    const QByteArray bytes = file.read(mostBytes);
    if (file.error() != QFile::NoError)
        throw std::runtime_error(file.errorString().toStdString());
    return decode(bytes);
}

Searcher::Searcher(QFerry::Yield<Hit> &yield, const Query &query)
    : m_yield(yield), m_query(query), m_folder(query.folder), m_pattern(patternOf(query))
{}

void Searcher::run()
{
    const QFileInfo folder(m_query.folder);
    if (!folder.isDir())
        throw std::runtime_error(tr("There is no folder %1").arg(m_query.folder).toStdString());
    const QStringList files = listFiles();
    for (qsizetype i = 0; i < files.size() && !m_query.counts->isFull; ++i) {
        QFerry::checkCanceled();
        searchFile(files[i]);
        QFerry::reportProgress(i + 1, files.size());
    }
}

/// A QDirIterator would be silent of what it cannot enter.
QStringList Searcher::listFiles()
{
    QStringList files;
    QStringList folders{ m_query.folder };
    while (!folders.isEmpty()) {
        QFerry::checkCanceled();
        QFerry::reportProgress(files.size(), 0, folders.last());
        listFolder(folders.takeLast(), files, folders);
    }
    return files;
}

void Searcher::listFolder(const QString &path, QStringList &files, QStringList &folders)
{
    const QFileInfo folder(path);
    if (!folder.isReadable() || !folder.isExecutable()) {
        complain(path, tr("May not be read"));
        return;
    }
    const QDir::Filters kinds = QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot;
    for (const QFileInfo &entry : QDir(path).entryInfoList(kinds, QDir::Name)) {
        if (entry.isDir() && !entry.isSymLink()) // which may lead in circles
            folders.append(entry.filePath());
        else if (!m_query.names.isEmpty() && !QDir::match(m_query.names, entry.fileName()))
            continue;
        else if (entry.isFile() || (entry.isSymLink() && !entry.exists())) // no pipe, no device
            files.append(entry.filePath());
    }
}

void Searcher::searchFile(const QString &path)
{
    Text text;
    try {
        text = readText(path);
    } catch (const std::runtime_error &error) {
        complain(path, QString::fromUtf8(error.what()));
        return;
    }
    ++m_query.counts->files;
    if (text.text)
        searchText(path, text);
    else
        ++m_query.counts->binary;
}

/// Each line once, however often it matches.
void Searcher::searchText(const QString &path, const Text &text)
{
    const QString name = nameOf(path);
    const QStringView all(*text.text);
    int line = 1;
    qsizetype begin = 0; // of that line
    qsizetype from = 0;
    while (true) {
        QFerry::checkCanceled();
        // The first match has checked all of the text: once is enough.
        const auto options = from > 0 ? QRegularExpression::DontCheckSubjectStringMatchOption
                                      : QRegularExpression::NoMatchOption;
        const QRegularExpressionMatch match =
                m_pattern.match(*text.text, from, QRegularExpression::NormalMatch, options);
        if (!match.hasMatch())
            return;
        for (qsizetype end = all.indexOf(u'\n', begin); end >= 0 && end < match.capturedStart();
             end = all.indexOf(u'\n', begin)) {
            begin = end + 1;
            ++line;
        }
        const qsizetype next = all.indexOf(u'\n', match.capturedStart());
        const QStringView whole = all.sliced(begin, (next < 0 ? all.size() : next) - begin);
        const qsizetype skipped = qMax<qsizetype>(0, match.capturedStart() - begin - mostShown / 2);
        m_yield({ path, name, line, whole.mid(skipped, mostShown).trimmed().toString(),
                  text.note });
        if (++m_query.counts->lines >= m_query.most) {
            m_query.counts->isFull = true;
            return;
        }
        if (next < 0)
            return;
        from = next + 1;
    }
}

void Searcher::complain(const QString &path, const QString &reason)
{
    ++m_query.counts->unreadable;
    m_yield({ path, nameOf(path), 0, reason, {} });
}

void search(QFerry::Yield<Hit> &yield, const Query &query)
{
    Searcher(yield, query).run();
}

Excerpt readAround(const QString &path, int line, int lines)
{
    const Text text = readText(path);
    const QStringList all = text.text.value_or(QString()).split(u'\n');
    const int first = qMax(0, line - 1 - lines);
    QStringList shown = all.mid(first, 2 * lines + 1);
    for (QString &one : shown)
        one = one.left(4 * mostShown); // a view lays out lines of megabytes for seconds
    return { shown.join(u'\n'), qMin<int>(line - 1 - first, int(shown.size()) - 1), first + 1 };
}
