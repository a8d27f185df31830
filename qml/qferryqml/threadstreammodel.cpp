// SPDX-License-Identifier: MIT
#include "threadstreammodel.h"

#include "arguments_p.h"
#include "ownthread_p.h"
#include "registeredtask.h"
#include "rowvalue_p.h"
#include "taskerror_p.h"
#include "warning_p.h"

#include <qferry/errors.h>

#include <QtCore/qmetaobject.h>
#include <QtCore/qpointer.h>
#include <QtCore/qthread.h>
#include <QtQml/qjsengine.h>
#include <QtQml/qqml.h>

#include <limits>

namespace QFerry {

/// One start of the generator. Whoever answers to what was asked in it finds it, or is dropped with
/// it.
struct ThreadStreamModel::Run
{
    Run(Stream<QVariant> items, bool paced, int rows)
        : stream(std::move(items)), isPaced(paced), wanted(rows)
    {
        patience.setSingleShot(true);
        patience.setInterval(100);
    }

    QObject context;
    Stream<QVariant> stream;
    bool isPaced;                       // by the view
    int wanted;                         // by the view: how many rows more
    bool isAsking = false;              // the stream
    bool hasEnded = false;              // the stream; its last rows may still be pending
    std::exception_ptr error = nullptr; // what it ended with

    // Who has looked at the rows that have come since the view asked: a filter does at once, when
    // they are inserted, the delegates that a view makes do later.
    int firstNew = 0;
    int proxyRows = 0; // of a proxy that is known, when the view asked
    bool isFiltered = false;
    bool isSeen = false;
    QTimer patience; // before nobody but a filter has
};

namespace {

/// The object, if it is the model's to delete.
QObject *ownedObject(const QVariant &item)
{
    QObject *object = Detail::isPlainPointer(item) ? Detail::objectOf(item) : nullptr;
    return object && !object->parent() ? object : nullptr;
}

} // namespace

ThreadStreamModel::ThreadStreamModel(QObject *parent) : QAbstractListModel(parent)
{
    m_interval.setSingleShot(true);
    m_interval.setTimerType(Qt::PreciseTimer);
    m_interval.setInterval(16);
    connect(&m_interval, &QTimer::timeout, this, &ThreadStreamModel::flush);
}

ThreadStreamModel::~ThreadStreamModel()
{
    m_run.reset();
    m_rows.insert(m_rows.end(), m_pending.begin(), m_pending.end());
    for (const QVariant &item : m_rows)
        delete ownedObject(item);
}

void ThreadStreamModel::setTask(const QString &task)
{
    if (std::exchange(m_task, task) != task)
        Q_EMIT taskChanged();
}

void ThreadStreamModel::setArgs(const QVariantList &args)
{
    m_args = args; // comparing could take longer than what hears of it
    Q_EMIT argsChanged();
}

void ThreadStreamModel::setArgsOf(const QVariant &list)
{
    setArgs(Detail::argumentsOf(list));
}

void ThreadStreamModel::setCapacity(int capacity)
{
    capacity = qMax(capacity, 1);
    if (std::exchange(m_capacity, capacity) != capacity)
        Q_EMIT capacityChanged();
}

void ThreadStreamModel::setPrefetch(int prefetch)
{
    prefetch = qMax(prefetch, -1);
    if (std::exchange(m_prefetch, prefetch) == prefetch)
        return;
    if (m_run) {
        m_run->isPaced = prefetch >= 0;
        ask();
    }
    Q_EMIT prefetchChanged();
}

void ThreadStreamModel::setProxy(QAbstractItemModel *proxy)
{
    if (m_proxy == proxy)
        return;
    if (m_proxy)
        m_proxy->disconnect(this);
    m_proxy = proxy;
    if (proxy) { // whose filter may change
        connect(proxy, &QAbstractItemModel::rowsRemoved, this, &ThreadStreamModel::wantInstead);
        connect(proxy, &QAbstractItemModel::modelReset, this, &ThreadStreamModel::wantInstead);
    }
    Q_EMIT proxyChanged();
}

void ThreadStreamModel::setRoles(const QStringList &roles)
{
    if (roles == m_roles)
        return;
    m_roles = roles;
    QByteArrayList keys;
    for (const QString &role : roles)
        keys << role.toUtf8();
    if (roles.isEmpty() && !m_rows.empty())
        keys = Detail::keysOf(m_rows.front());
    setKeys(keys);
    Q_EMIT rolesChanged();
}

void ThreadStreamModel::setBatchInterval(int milliseconds)
{
    milliseconds = qMax(milliseconds, 0);
    if (milliseconds == batchInterval())
        return;
    m_interval.setInterval(milliseconds);
    Q_EMIT batchIntervalChanged();
}

QString ThreadStreamModel::errorString() const
{
    return m_error.toMap().value(QStringLiteral("message")).toString();
}

void ThreadStreamModel::start()
{
    Detail::requireOwnThread(this, QStringLiteral("ThreadStreamModel::start()"));
    const bool wasRunning = isRunning();
    m_run.reset();
    removeRows();
    setError({});
    try {
        const int ahead = m_prefetch < 0 ? m_capacity : batchSize();
        Stream<QVariant> stream =
                RegisteredTask::named(m_task).stream(m_args, { .maxSize = ahead });
        m_run.reset(new Run(std::move(stream), m_prefetch >= 0, batchSize()));
        connect(&m_run->patience, &QTimer::timeout, this, [this] {
            if (!m_run->isSeen && canFetchMore({}))
                want();
        });
        ask();
    } catch (...) {
        fail(std::current_exception());
    }
    if (wasRunning != isRunning())
        Q_EMIT runningChanged();
}

void ThreadStreamModel::cancel()
{
    if (!m_run)
        return;
    m_run.reset();
    m_interval.stop();
    insertPending();
    Q_EMIT runningChanged();
    Q_EMIT canceled();
}

void ThreadStreamModel::clear()
{
    cancel();
    removeRows();
}

QVariant ThreadStreamModel::get(int row) const
{
    return row >= 0 && row < count() ? data(index(row), ModelDataRole) : QVariant();
}

void ThreadStreamModel::fetchAll()
{
    if (!m_run)
        return;
    m_run->isPaced = false;
    ask();
}

/// The view wants more rows, or would if it saw any of those that have come.
void ThreadStreamModel::want()
{
    m_run->wanted = batchSize();
    m_run->firstNew = count();
    m_run->proxyRows = m_proxy ? m_proxy->rowCount() : 0;
    m_run->isFiltered = false;
    m_run->isSeen = false;
    m_run->patience.stop();
    ask();
}

/// Asks the stream for what is there, or comes next, if it is time to.
void ThreadStreamModel::ask()
{
    if (m_run->isAsking || (m_run->isPaced && m_run->wanted == 0))
        return;
    m_run->isAsking = true;
    QObject *context = &m_run->context;
    m_run->stream.nextBatch(m_run->isPaced ? m_run->wanted : std::numeric_limits<int>::max())
            .then(context, [this](const std::vector<QVariant> &items) { received(items); })
            .onFailed(context, [this](const std::exception_ptr &error) { ended(error); })
            .onCanceled(context, [this] { cancel(); });
}

void ThreadStreamModel::received(const std::vector<QVariant> &items)
{
    m_run->isAsking = false;
    if (items.empty())
        return ended({});
    for (const QVariant &item : items)
        adopt(item);
    m_pending.insert(m_pending.end(), items.begin(), items.end());
    m_run->wanted = qMax(m_run->wanted - int(items.size()), 0);
    ask(); // before anybody hears of the rows: they may run an event loop, or end this
    if (!m_interval.isActive())
        flush();
}

void ThreadStreamModel::ended(const std::exception_ptr &error)
{
    m_run->isAsking = true; // there is nothing to ask for any more
    m_run->hasEnded = true;
    m_run->error = error;
    if (!m_interval.isActive())
        flush();
}

/// Makes rows of what has come, if anything has, and keeps the next batch away for the interval.
void ThreadStreamModel::flush()
{
    if (!m_run)
        return;
    const QPointer<QObject> run(&m_run->context);
    if (!m_pending.empty()) {
        m_interval.start();
        insertPending();
    }
    if (!run)
        return;
    if (!m_run->hasEnded)
        return wantIfLeftOut();
    const std::exception_ptr error = std::exchange(m_run, nullptr)->error;
    const QPointer<ThreadStreamModel> self(this);
    if (error)
        fail(error);
    if (self)
        Q_EMIT runningChanged();
    if (self && !error)
        Q_EMIT finished();
}

void ThreadStreamModel::insertPending()
{
    if (m_pending.empty())
        return;
    std::vector<QVariant> items = std::exchange(m_pending, {});
    if (m_rows.empty() && m_roles.isEmpty())
        setKeys(Detail::keysOf(items.front()));
    m_isInserting = true;
    beginInsertRows({}, count(), count() + int(items.size()) - 1);
    m_rows.insert(m_rows.end(), std::move_iterator(items.begin()), std::move_iterator(items.end()));
    endInsertRows();
    m_isInserting = false;
    Q_EMIT countChanged();
}

void ThreadStreamModel::noteLook(int row) const
{
    if (m_run && row >= m_run->firstNew)
        (m_isInserting ? m_run->isFiltered : m_run->isSeen) = true;
}

/// The proxy has left out rows that the view had: others may have to take their place.
void ThreadStreamModel::wantInstead()
{
    if (canFetchMore({}))
        want();
}

/// Goes on if all that the view has asked for was left out before it: then it asks no more.
void ThreadStreamModel::wantIfLeftOut()
{
    if (!canFetchMore({}))
        return;
    if (m_proxy && m_proxy->rowCount() == m_run->proxyRows)
        want();
    else if (!m_proxy && m_run->isFiltered && !m_run->isSeen)
        m_run->patience.start();
}

/// Throws InvalidUseError if the item is an object that belongs to another thread.
void ThreadStreamModel::adopt(const QVariant &item)
{
    QObject *object = Detail::objectOf(item);
    if (!object)
        return;
    if (object->thread() != thread()) {
        throw InvalidUseError(
                QStringLiteral(
                        "The generator \"%1\" made a %2 that lives in another thread than its "
                        "ThreadStreamModel. Let it call moveToThread() before it yields an object")
                        .arg(m_task, QString::fromUtf8(object->metaObject()->className())));
    }
    // A function that returned it to QML would else hand it over to the garbage collector.
    QJSEngine::setObjectOwnership(object, QJSEngine::CppOwnership);
}

/// The names of roles may only change while views look away.
void ThreadStreamModel::setKeys(QByteArrayList keys)
{
    keys.removeAll("modelData");
    if (keys == m_keys)
        return;
    beginResetModel();
    m_keys = keys;
    endResetModel();
}

void ThreadStreamModel::removeRows()
{
    m_interval.stop();
    std::deque<QVariant> items;
    if (!m_rows.empty()) {
        beginResetModel();
        items.swap(m_rows);
        endResetModel();
        Q_EMIT countChanged();
    }
    items.insert(items.end(), m_pending.begin(), m_pending.end());
    m_pending.clear();
    for (const QVariant &item : items) {
        if (QObject *object = ownedObject(item))
            object->deleteLater(); // it may be one of its handlers that this is called in
    }
}

void ThreadStreamModel::fail(const std::exception_ptr &error)
{
    const Detail::TaskError what = Detail::TaskError::of(error);
    setError(what.toMap());
    warnIfUnheard(QStringLiteral("The generator \"%1\" failed and nobody listens: %2: %3")
                          .arg(m_task, what.name, what.message));
    Q_EMIT failed(m_error);
}

void ThreadStreamModel::warnIfUnheard(const QString &text)
{
    if (isSignalConnected(QMetaMethod::fromSignal(&ThreadStreamModel::failed))
        || isSignalConnected(QMetaMethod::fromSignal(&ThreadStreamModel::errorChanged)))
        return;
    Detail::warn(this, text);
}

void ThreadStreamModel::setError(const QVariant &error)
{
    if (!error.isValid() && !m_error.isValid())
        return;
    m_error = error;
    Q_EMIT errorChanged();
}

int ThreadStreamModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant ThreadStreamModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    noteLook(index.row());
    const QVariant &item = m_rows[size_t(index.row())];
    const qsizetype key = role - ModelDataRole - 1;
    if (key >= 0 && key < m_keys.size())
        return Detail::valueOf(item, m_keys[key]);
    if (QObject *object = Detail::objectOf(item))
        return role == ModelDataRole ? QVariant::fromValue(object) : QVariant();
    const bool isShown = role == Qt::DisplayRole && m_keys.isEmpty() && item.canConvert<QString>();
    return isShown || role == ModelDataRole ? item : QVariant();
}

QHash<int, QByteArray> ThreadStreamModel::roleNames() const
{
    QHash<int, QByteArray> names{ { ModelDataRole, "modelData" } };
    for (qsizetype i = 0; i < m_keys.size(); ++i)
        names.insert(int(ModelDataRole + 1 + i), m_keys[i]);
    return names;
}

bool ThreadStreamModel::canFetchMore(const QModelIndex &parent) const
{
    const bool isServed = m_run && m_run->wanted == 0 && m_pending.empty();
    return !parent.isValid() && isServed && m_run->isPaced && !m_run->hasEnded;
}

void ThreadStreamModel::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        want();
}

} // namespace QFerry
