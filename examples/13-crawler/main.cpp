// SPDX-License-Identifier: MIT
// Crawls a site of 200 pages, ten at a time, each with a deadline; what fails is tried again.

#include "server.h"

#include <qferry/network.h>
#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QMap>
#include <QNetworkAccessManager>
#include <QRegularExpression>
#include <QSet>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class Crawler
{
public:
    /// Visits all pages that can be reached from the first one.
    QFerry::Task<> crawl(QUrl first);
    void printSummary() const;

private:
    QFerry::Task<QList<QUrl>> visit(QUrl url);
    QFerry::Task<QByteArray> getPatiently(QUrl url);
    QList<QUrl> unseen(const QList<QUrl> &urls);

    static constexpr int connections = 10;
    static constexpr int attempts = 4;
    static constexpr std::chrono::milliseconds patience = 2s; // with one answer

    QNetworkAccessManager m_network;
    // All tasks run in this thread, and only a co_await lets others go on: no mutex is needed.
    QSet<QUrl> m_seen;
    int m_pages = 0;
    int m_retries = 0;
    QMap<QString, int> m_failures;
};

/// One round after the other: the pages that those of the last one link to.
QFerry::Task<> Crawler::crawl(QUrl first)
{
    const auto visitOne = [this](QUrl url) { return visit(url); };
    QList<QUrl> urls = unseen({ first });
    while (!urls.isEmpty()) {
        const auto links = co_await QFerry::amap(urls, visitOne, { .limit = connections });
        urls.clear();
        for (const QList<QUrl> &ofOne : links)
            urls << unseen(ofOne);
    }
}

/// Those that nobody has asked for before.
QList<QUrl> Crawler::unseen(const QList<QUrl> &urls)
{
    QList<QUrl> result;
    for (const QUrl &url : urls) {
        if (m_seen.contains(url))
            continue;
        m_seen << url;
        result << url;
    }
    return result;
}

static QList<QUrl> linksOf(const QByteArray &page, const QUrl &base)
{
    static const QRegularExpression link(u"href=\"([^\"]*)\""_s);
    QList<QUrl> links;
    for (const auto &found : link.globalMatch(QString::fromUtf8(page)))
        links << base.resolved(QUrl(found.captured(1)));
    return links;
}

/// Reads a page, and finds what it links to.
QFerry::Task<QList<QUrl>> Crawler::visit(QUrl url)
{
    try {
        const QByteArray page = co_await getPatiently(url);
        ++m_pages;
        co_return linksOf(page, url);
    } catch (const QFerry::NetworkError &error) {
        ++m_failures[u"status %1"_s.arg(error.httpStatus())];
    } catch (const QFerry::TimeoutError &) {
        ++m_failures[u"no answer"_s];
    }
    co_return {};
}

/// Tries again if the server is at fault, after a pause that doubles.
QFerry::Task<QByteArray> Crawler::getPatiently(QUrl url)
{
    const auto get = [&] { return QFerry::readAll(m_network.get(QNetworkRequest(url))); };
    std::chrono::milliseconds pause = 5ms;
    for (int attempt = 1;; ++attempt) {
        try {
            co_return co_await QFerry::failAfter(patience, get);
        } catch (const QFerry::NetworkError &error) {
            if (attempt == attempts || error.httpStatus() < 500)
                throw;
        }
        ++m_retries;
        co_await QFerry::sleep(pause); // not in the catch clause, where C++ has no co_await
        pause *= 2;
    }
}

void Crawler::printSummary() const
{
    qInfo("%d pages, %lld links, %d tried again", m_pages, static_cast<long long>(m_seen.size()),
          m_retries);
    for (auto it = m_failures.begin(); it != m_failures.end(); ++it)
        qInfo("  %-12s%d", qUtf8Printable(it.key()), it.value());
}

static QFerry::Task<int> amain()
{
    Server server;
    Crawler crawler;
    QElapsedTimer time;
    time.start();
    const QUrl first(u"http://127.0.0.1:%1/page/1"_s.arg(server.serverPort()));
    const auto body = [&] { return crawler.crawl(first); };
    const bool isComplete = co_await QFerry::moveOnAfter(30s, body);
    crawler.printSummary();
    qInfo("%s after %.1f s", isComplete ? "All of it" : "Not all", time.elapsed() / 1000.0);
    co_return isComplete ? 0 : 1;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    return QFerry::run(&amain);
}
