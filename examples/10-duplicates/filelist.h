// SPDX-License-Identifier: MIT
#pragma once

#include "duplicatefinder.h"

#include <qferry/latestcall.h>

#include <QAbstractListModel>
#include <QPointer>
#include <QTimer>

/// The files that were found: those with a text in their path, sorted as people like it. Both is
/// done in a worker, and again for what comes later, while the rows stay as they are; each letter
/// typed cancels the search for what was there before.
///
/// Itself it lives in the window's thread.
class FileList : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(DuplicateFinder *finder READ finder WRITE setFinder NOTIFY finderChanged)
    Q_PROPERTY(QString text READ text WRITE setText NOTIFY textChanged)
    Q_PROPERTY(Order order READ order WRITE setOrder NOTIFY orderChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// Whether the rows are not yet those of text and order.
    Q_PROPERTY(bool searching READ isSearching NOTIFY searchingChanged)

public:
    enum Order { AsFound, ByName, BySize };
    Q_ENUM(Order)
    enum Role { FileRole = Qt::UserRole + 1 };

    explicit FileList(QObject *parent = nullptr);

    DuplicateFinder *finder() const { return m_finder; }
    void setFinder(DuplicateFinder *finder);
    QString text() const { return m_text; }
    void setText(const QString &text);
    Order order() const { return m_order; }
    void setOrder(Order order);
    int count() const { return int(m_rows.size()); }
    bool isSearching() const { return m_isSearching; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void finderChanged();
    void textChanged();
    void orderChanged();
    void countChanged();
    void searchingChanged();

private:
    void clear();
    void startAnew();
    void takeNew();
    void search(int first);
    void show(const QList<int> &rows, int first);
    void append(const QList<int> &rows);
    void replace(const QList<int> &rows);
    void setSearching(bool searching);

    QPointer<DuplicateFinder> m_finder;
    QString m_text;
    Order m_order = AsFound;
    QList<int> m_rows;  // of the finder
    int m_lookedAt = 0; // of the finder's files
    bool m_isSearching = false;
    QTimer m_later;
    QFerry::LatestCall<void> m_search;
};
