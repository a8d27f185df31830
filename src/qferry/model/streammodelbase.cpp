// SPDX-License-Identifier: MIT
// What views and programs read of a stream model, and what they set. In the model's thread.
#include <qferry/base/logging_p.h>
#include <qferry/call/progressshare.h>
#include <qferry/errors.h>
#include <qferry/model/modelstate_p.h>

#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>

namespace QFerry {

using namespace std::chrono_literals;

static constexpr auto usualInterval = 16ms; // a frame

StreamModelBase::StreamModelBase(QObject *parent)
    : QAbstractTableModel(parent), d(new Detail::ModelState)
{
    d->interval.setParent(this); // it lives where the model does
    d->interval.setSingleShot(true);
    d->interval.setTimerType(Qt::PreciseTimer);
    d->interval.setInterval(usualInterval);
    connect(&d->interval, &QTimer::timeout, this, &StreamModelBase::flush);
}

StreamModelBase::~StreamModelBase()
{
    d->run.reset();
    d->interval.setParent(nullptr);
}

// --- Wrong use

void StreamModelBase::requireThread(const char *function) const
{
    if (QThread::currentThread() != thread())
        throw InvalidUseError(
                QStringLiteral("StreamModel::%1 was called in another thread than its model lives "
                               "in. Call it there, by toLoop() or fromThread() for instance")
                        .arg(QLatin1String(function)));
}

void StreamModelBase::requireRow(int row, const char *function) const
{
    if (row < 0 || row >= count())
        throw InvalidUseError(QStringLiteral("StreamModel::%1: there is no row %2; there are %3")
                                      .arg(QLatin1String(function))
                                      .arg(row)
                                      .arg(count()));
}

bool StreamModelBase::hasRows(int row, int number, const char *function) const
{
    if (row + number <= count())
        return true;
    warn(QStringLiteral("StreamModel::%1 was called in a slot that hears of a change of rows, and "
                        "when its turn came there was no row %2 any more. Use keys, or a queued "
                        "connection")
                 .arg(QLatin1String(function))
                 .arg(row + number - 1));
    return false;
}

void StreamModelBase::throwKeyTaken()
{
    throw InvalidUseError(QStringLiteral(
            "A row of a StreamModel was to get the key of another row. Remove that one first, or "
            "append() the row, which then takes its place"));
}

void StreamModelBase::warn(const QString &text) const
{
    if (const Detail::LogPermit permit; permit)
        qCWarning(Detail::lcQFerry).noquote() << text;
}

void StreamModelBase::warnOfGetter(int getter, const std::exception_ptr &error) const
{
    if (d->failedGetters.contains(getter))
        return;
    d->failedGetters.insert(getter);
    QString what = QStringLiteral("The getter of a StreamModel's keys");
    if (getter >= 0)
        what = QStringLiteral("A getter of a StreamModel's %1").arg(d->columns.describe(getter));
    warn(QStringLiteral("%1 has thrown, which is not told again: %2")
                 .arg(what, Detail::describe(error)));
}

bool StreamModelBase::isErrorHeard() const
{
    return isSignalConnected(QMetaMethod::fromSignal(&StreamModelBase::errorOccurred))
           || isSignalConnected(QMetaMethod::fromSignal(&StreamModelBase::errorChanged))
           || isSignalConnected(QMetaMethod::fromSignal(&StreamModelBase::statusChanged));
}

// --- Properties

StreamModelBase::Status StreamModelBase::status() const
{
    return d->status;
}

std::exception_ptr StreamModelBase::exception() const
{
    return d->error;
}

QString StreamModelBase::errorString() const
{
    return d->error ? Detail::describe(d->error) : QString();
}

int StreamModelBase::count() const
{
    return d->rows.size();
}

double StreamModelBase::progress() const
{
    return d->progress;
}

QString StreamModelBase::progressText() const
{
    return d->progressText;
}

int StreamModelBase::prefetch() const
{
    return d->prefetch;
}

QAbstractItemModel *StreamModelBase::proxy() const
{
    return d->proxy;
}

bool StreamModelBase::keepRows() const
{
    return d->keepRows;
}

void StreamModelBase::setKeepRows(bool keep)
{
    if (std::exchange(d->keepRows, keep) != keep)
        Q_EMIT keepRowsChanged();
}

std::chrono::milliseconds StreamModelBase::batchInterval() const
{
    return d->interval.intervalAsDuration();
}

void StreamModelBase::setBatchInterval(std::chrono::milliseconds interval)
{
    interval = qMax(interval, 0ms);
    if (interval == batchInterval())
        return;
    d->interval.setInterval(interval);
    Q_EMIT batchIntervalChanged();
}

void StreamModelBase::setStatus(Status status)
{
    if (d->status == status)
        return;
    const QPointer<StreamModelBase> alive(this);
    const bool wasRunning = isRunning();
    d->status = status;
    Q_EMIT statusChanged();
    if (alive && wasRunning != isRunning())
        Q_EMIT runningChanged();
}

void StreamModelBase::setError(const std::exception_ptr &error)
{
    if (!error && !d->error)
        return;
    d->error = error;
    Q_EMIT errorChanged();
}

void StreamModelBase::showProgress(const Progress &progress)
{
    const double share = Detail::shareOf(progress);
    if (d->progress == share && d->progressText == progress.text)
        return;
    d->progress = share;
    d->progressText = progress.text;
    Q_EMIT progressChanged();
}

// --- For views

QModelIndex StreamModelBase::index(int row, int column, const QModelIndex &parent) const
{
    return QAbstractTableModel::index(row, column, parent);
}

int StreamModelBase::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

int StreamModelBase::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : d->columns.size();
}

QVariant StreamModelBase::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    noteLook(index.row());
    const int getter = d->columns.getterOf(index.column(), role);
    if (getter < 0)
        return role == Qt::TextAlignmentRole ? d->columns.alignment(index.column()) : QVariant();
    try {
        return read(d->rows.at(index.row()), getter);
    } catch (...) {
        warnOfGetter(getter, std::current_exception());
        return {};
    }
}

QVariant StreamModelBase::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical)
        return QAbstractTableModel::headerData(section, orientation, role);
    if (section < 0 || section >= columnCount())
        return {};
    const auto &header = d->columns.columns[size_t(section)].header;
    if (role == Qt::TextAlignmentRole && !header.contains(role))
        return d->columns.alignment(section);
    return header.value(role == Qt::EditRole ? Qt::DisplayRole : role);
}

bool StreamModelBase::setHeaderData(int section, Qt::Orientation orientation, const QVariant &value,
                                    int role)
{
    if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
        return false;
    auto &header = d->columns.columns[size_t(section)].header;
    header.insert(role == Qt::EditRole ? Qt::DisplayRole : role, value);
    Q_EMIT headerDataChanged(orientation, section, section);
    return true;
}

QHash<int, QByteArray> StreamModelBase::roleNames() const
{
    return d->columns.roleNames();
}

} // namespace QFerry
