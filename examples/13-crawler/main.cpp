// SPDX-License-Identifier: MIT
// Crawls a site of 200 pages, ten at a time, each with a deadline; what fails is tried again.

#include "server.h"

#include <qferry/qferry.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QMap>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QRegularExpression>
#include <QSet>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// The server answered with something else than the page.
class PageError : public std::runtime_error
{
public:
    explicit PageError(const QNetworkReply &reply)
        : std::runtime_error(reply.errorString().toStdString()), status(statusOf(reply))
    {}

    static int statusOf(const QNetworkReply &reply)
    {
        return reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    }

    const int status;
};

/// It may answer better the next time.
class ServerError : public PageError
{
    using PageError::PageError;
};

class Crawler
{
public:
    /// Visits all pages that can be reached from the first one.
    QFerry::Task<> crawl(QUrl first);
    void printSummary() const;

private:
    QFerry::Task<> visit(QFerry::TaskGroup group, QUrl url);
    QFerry::Task<QByteArray> getPatiently(QUrl url);
    QFerry::Task<QByteArray> get(QUrl url);

    static constexpr int attempts = 4;
    static constexpr std::chrono::milliseconds patience = 2s; // with one answer

    QNetworkAccessManager m_network;
    QFerry::Semaphore m_connections{ 10 };
    // All tasks run in this thread, and only a co_await lets others go on: no mutex is needed.
    QSet<QUrl> m_seen;
    int m_pages = 0;
    int m_retries = 0;
    QMap<QString, int> m_failures;
};

QFerry::Task<> Crawler::crawl(QUrl first)
{
    m_seen = { first };
    co_await QFerry::taskGroup([&](QFerry::TaskGroup &group) -> QFerry::Task<> {
        group.startSoon(visit(group, first));
        co_return; // the group waits for it, and for all that it starts
    });
}

static QList<QUrl> linksOf(const QByteArray &page, const QUrl &base)
{
    static const QRegularExpression link(u"href=\"([^\"]*)\""_s);
    QList<QUrl> links;
    for (const auto &found : link.globalMatch(QString::fromUtf8(page)))
        links << base.resolved(QUrl(found.captured(1)));
    return links;
}

/// Reads a page, and starts a task for each that it links to and nobody has seen.
QFerry::Task<> Crawler::visit(QFerry::TaskGroup group, QUrl url)
{
    try {
        const auto connection = co_await m_connections.acquire();
        const QByteArray page = co_await getPatiently(url);
        ++m_pages;
        for (const QUrl &link : linksOf(page, url)) {
            if (m_seen.contains(link))
                continue;
            m_seen << link;
            group.startSoon(visit(group, link));
        }
    } catch (const PageError &error) {
        ++m_failures[u"status %1"_s.arg(error.status)];
    } catch (const QFerry::TimeoutError &) {
        ++m_failures[u"no answer"_s];
    }
}

/// Tries again if the server is at fault, after a pause that doubles.
QFerry::Task<QByteArray> Crawler::getPatiently(QUrl url)
{
    const auto body = [&] { return get(url); };
    std::chrono::milliseconds pause = 5ms;
    for (int attempt = 1;; ++attempt) {
        try {
            co_return co_await QFerry::failAfter(patience, body);
        } catch (const ServerError &) {
            if (attempt == attempts)
                throw;
        }
        ++m_retries;
        co_await QFerry::sleep(pause); // not in the catch clause, where C++ has no co_await
        pause *= 2;
    }
}

QFerry::Task<QByteArray> Crawler::get(QUrl url)
{
    const std::unique_ptr<QNetworkReply> reply(m_network.get(QNetworkRequest(url)));
    co_await QFerry::signal(reply.get(), &QNetworkReply::finished); // a deadline leaves from here
    const int status = PageError::statusOf(*reply);
    if (status >= 500)
        throw ServerError(*reply);
    if (status != 200)
        throw PageError(*reply);
    co_return reply->readAll();
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
