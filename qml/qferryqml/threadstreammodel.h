// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/stream.h>
#include <qferryqml/global.h>

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qpointer.h>
#include <QtCore/qtimer.h>
#include <QtCore/qvariant.h>
#include <QtQml/qqmlregistration.h>

#include <deque>
#include <memory>
#include <vector>

namespace QFerry {

/**
 * A list model whose rows a generator makes in a worker: each item that it yields is a row, in
 * order.
 *
 * The generator is a task that registerTask() has made known. Its items may be
 *  - maps (QVariantMap, QVariantHash): a role for each key,
 *  - values of a Q_GADGET: a role for each property,
 *  - QSharedPointers to QObjects: the same. The objects must live in the model's thread: the
 *    generator calls moveToThread() before it yields them. Roles do not follow their properties;
 *    bind to those of `modelData` for that,
 *  - pointers to QObjects: the same. The model deletes its rows' objects that have no parent, but
 *    not what was on its way when the run was canceled: prefer QSharedPointer,
 *  - anything else.
 * The role `modelData` is the item itself.
 *
 * Rows arrive in batches, each by one insertion, at most one every batchInterval: so a view and the
 * thread that it is in can keep up with any generator.
 *
 * Lives in a thread with an event loop; all functions are to be called there. Destroying it ends
 * the generator and does not wait.
 */
class QFERRYQML_EXPORT ThreadStreamModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    /// The name of the generator. This and the next two count from the next start().
    Q_PROPERTY(QString task READ task WRITE setTask NOTIFY taskChanged)
    Q_PROPERTY(QVariant args READ args WRITE setArgsOf NOTIFY argsChanged)
    /// How many items may wait for the model before the generator has to: at least 1. Default:
    /// 1024.
    Q_PROPERTY(int capacity READ capacity WRITE setCapacity NOTIFY capacityChanged)
    /// -1 (the default): rows come as fast as the generator makes them. Else so many come each time
    /// that the view asks for more (canFetchMore(), fetchMore(); start() asks for the first), and the
    /// generator makes at most so many in advance, and waits: capacity does not count then. 0 is
    /// as 1.
    ///
    /// Counts at once, also while rows come; only how far the generator may be ahead is that of the
    /// last start(). For a view behind a filter see proxy.
    Q_PROPERTY(int prefetch READ prefetch WRITE setPrefetch NOTIFY prefetchChanged)
    /// With prefetch: the filter that stands between this and the view, the last one if there are
    /// several. A view asks for more when it makes the delegate of its last row, and so no more if the
    /// filter leaves out all that it asked for, or what it has shown. With this set, more rows come
    /// until the filter takes one; without it the model cannot know: where rows are looked at as they
    /// come, as filters do, and by nobody later, more of them come ten times in a second.
    Q_PROPERTY(QAbstractItemModel *proxy READ proxy WRITE setProxy NOTIFY proxyChanged)
    /// The roles besides modelData. If there are none, those of the first row are taken.
    Q_PROPERTY(QStringList roles READ roles WRITE setRoles NOTIFY rolesChanged)
    /// In milliseconds; 0 for every turn of the event loop. Default: 16.
    Q_PROPERTY(
            int batchInterval READ batchInterval WRITE setBatchInterval NOTIFY batchIntervalChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// From start() until the last row was inserted, or the error told, or it was canceled.
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged)
    /// What ended the generator: { name, message } as ThreadTask has it; undefined if nothing did.
    Q_PROPERTY(QVariant error READ error NOTIFY errorChanged)
    Q_PROPERTY(QString errorString READ errorString NOTIFY errorChanged)

public:
    enum Role { ModelDataRole = Qt::UserRole };

    explicit ThreadStreamModel(QObject *parent = nullptr);
    ~ThreadStreamModel() override;

    QString task() const { return m_task; }
    void setTask(const QString &task);
    QVariantList args() const { return m_args; }
    void setArgs(const QVariantList &args);
    /// Of a value of QML, which is a list or makes each start fail.
    void setArgsOf(const QVariant &list);
    int capacity() const { return m_capacity; }
    void setCapacity(int capacity);
    int prefetch() const { return m_prefetch; }
    void setPrefetch(int prefetch);
    QAbstractItemModel *proxy() const { return m_proxy; }
    void setProxy(QAbstractItemModel *proxy);
    QStringList roles() const { return m_roles; }
    void setRoles(const QStringList &roles);
    int batchInterval() const { return m_interval.interval(); }
    void setBatchInterval(int milliseconds);

    int count() const { return int(m_rows.size()); }
    bool isRunning() const { return bool(m_run); }
    QVariant error() const { return m_error; }
    QString errorString() const;

    /// Starts the generator anew: what is there is removed first, what runs is canceled. What is
    /// wrong with task or args is the error.
    Q_INVOKABLE void start();
    /// Whatever prefetch says: the rest of the rows comes without being asked for.
    Q_INVOKABLE void fetchAll();
    /// Ends the generator; the rows that have come stay.
    Q_INVOKABLE void cancel();
    /// The same, and removes all rows.
    Q_INVOKABLE void clear();
    /// The item of a row; undefined if there is no such row.
    Q_INVOKABLE QVariant get(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

Q_SIGNALS:
    void taskChanged();
    void argsChanged();
    void capacityChanged();
    void prefetchChanged();
    void proxyChanged();
    void rolesChanged();
    void batchIntervalChanged();
    void countChanged();
    void runningChanged();
    void errorChanged();
    /// The last row is there.
    void finished();
    /// The generator failed, or could not be started. The rows that came before the error are
    /// there.
    void failed(const QVariant &error);
    void canceled();

private:
    struct Run;

    int batchSize() const { return qMax(m_prefetch, 1); }
    void want();
    void ask();
    void received(const std::vector<QVariant> &items);
    void ended(const std::exception_ptr &error);
    void flush();
    void insertPending();
    void noteLook(int row) const;
    void wantInstead();
    void wantIfLeftOut();
    void adopt(const QVariant &item);
    void setKeys(QByteArrayList keys);
    void removeRows();
    void fail(const std::exception_ptr &error);
    void setError(const QVariant &error);
    void warnIfUnheard(const QString &text);

    QString m_task;
    QVariantList m_args;
    int m_capacity = 1024;
    int m_prefetch = -1;
    QPointer<QAbstractItemModel> m_proxy;
    QStringList m_roles;
    QByteArrayList m_keys;       // of the roles behind modelData: those given, or the first row's
    std::deque<QVariant> m_rows; // a deque: adding to it moves nothing
    std::vector<QVariant> m_pending; // come, and not yet rows
    QTimer m_interval;               // runs for as long as a batch has to keep its distance
    std::unique_ptr<Run> m_run;
    bool m_isInserting = false;
    QVariant m_error;
};

} // namespace QFerry
