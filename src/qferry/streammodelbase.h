// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/model/modelcolumns.h>
#include <qferry/model/rowchange.h>
#include <qferry/model/rowlist.h>
#include <qferry/progress.h>

#include <QtCore/qabstractitemmodel.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

namespace QFerry {

namespace Detail {
class ModelRun;
class RowFeedBase;
struct ModelState;
} // namespace Detail

/**
 * What all stream models have, whatever their rows are: how rows come, what a view is told of them,
 * and how the run that makes them stands. See StreamModel.
 *
 * It lives in a thread with an event loop, and all of its functions are to be called there.
 *
 * Rows never change while views are being told of a change: in a slot of rowsInserted(),
 * dataChanged() and the like, whatever changes rows is put off until all have been told. (In slots
 * of the other signals, countChanged() among them, it is done at once.) Do not destroy the model in
 * such a slot, but by deleteLater().
 */
class QFERRY_EXPORT StreamModelBase : public QAbstractTableModel
{
    Q_OBJECT
    Q_PROPERTY(Status status READ status NOTIFY statusChanged)
    /// Queued or Running: from the start until the last row is there, or the error told, or it was
    /// canceled.
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged)
    /// What the last run failed with; empty if it did not.
    Q_PROPERTY(QString errorString READ errorString NOTIFY errorChanged)
    /// How many rows there are.
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// What the generator reports, 0 to 1; -1 if nobody knows.
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
    Q_PROPERTY(QString progressText READ progressText NOTIFY progressChanged)
    /// -1 (the default): rows come as fast as the stream makes them. Else so many come each time
    /// that the view asks for more (canFetchMore(), fetchMore(); the start asks for the first), and
    /// the stream waits, no more than its maxSize ahead. 0 is as 1. Counts at once.
    Q_PROPERTY(int prefetch READ prefetch WRITE setPrefetch NOTIFY prefetchChanged)
    /// With prefetch: the filter that stands between this and the view, the last one if there are
    /// several. A view asks for more when it shows the last row, and so no more if the filter
    /// leaves out all that it asked for, or what it has shown. With this set, more rows come until
    /// the filter takes one. Without it the model cannot know: where rows are looked at as they
    /// come, as filters do, and by nobody later, more of them come ten times in a second.
    Q_PROPERTY(QAbstractItemModel *proxy READ proxy WRITE setProxy NOTIFY proxyChanged)
    /// Whether a start leaves the rows of the run before until the first new ones come, which take
    /// their place, or until it ends without any; if it fails or is canceled before, they stay.
    /// Default: false, a start removes them.
    Q_PROPERTY(bool keepRows READ keepRows WRITE setKeepRows NOTIFY keepRowsChanged)

public:
    enum Status {
        Null,     ///< nothing has been started
        Queued,   ///< nothing has been heard of the run yet
        Running,  ///< it has yielded, or reported progress
        Ready,    ///< all rows are there
        Error,    ///< it failed
        Canceled, ///< it was canceled
    };
    Q_ENUM(Status)

    enum Role {
        /// What rows are to be sorted by: setSortRole() of a QSortFilterProxyModel.
        SortRole = Qt::EditRole,
        /// The row itself, for rows that a QVariant can hold. "modelData" in QML.
        RowRole = Qt::UserRole,
        // what follows are the named roles of the columns
    };

    ~StreamModelBase() override;

    Status status() const;
    bool isRunning() const { return status() == Queued || status() == Running; }
    /// Null if the last run did not fail.
    std::exception_ptr exception() const;
    QString errorString() const;
    int count() const;
    double progress() const;
    QString progressText() const;
    int prefetch() const;
    void setPrefetch(int prefetch);
    QAbstractItemModel *proxy() const;
    void setProxy(QAbstractItemModel *proxy);
    bool keepRows() const;
    void setKeepRows(bool keep);
    /// Rows of a stream come in batches, each by one insertion, at most one in this time: so a view
    /// can keep up with any stream. 0 for every turn of the event loop. Default: 16 ms.
    std::chrono::milliseconds batchInterval() const;
    void setBatchInterval(std::chrono::milliseconds interval);

    /// Ends the run; the rows that have come stay. Does nothing if there is none.
    Q_INVOKABLE void cancel();
    /// The same, and removes all rows.
    Q_INVOKABLE void clear();
    /// Whatever prefetch says: the rest of the run's rows comes without being asked for.
    Q_INVOKABLE void fetchAll();

    using QAbstractTableModel::index;
    QModelIndex index(int row, int column = 0, const QModelIndex &parent = {}) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    /// Invalid where a getter throws: that is logged, once for each getter.
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;
    /// A column's title (Qt::DisplayRole), for a new language, and what else a header shows.
    bool setHeaderData(int section, Qt::Orientation orientation, const QVariant &value,
                       int role = Qt::EditRole) override;
    QHash<int, QByteArray> roleNames() const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

Q_SIGNALS:
    void statusChanged();
    void runningChanged();
    void errorChanged();
    void countChanged();
    void progressChanged();
    void prefetchChanged();
    void proxyChanged();
    void keepRowsChanged();
    void batchIntervalChanged();

    /// The last row of the run is there.
    void finished();
    /// The run failed; the rows that came before are there. If nothing is connected to this signal,
    /// to errorChanged() or to statusChanged(), the error is logged.
    void errorOccurred(const QString &message);
    void canceled();

protected:
    using RowPtr = Detail::RowPtr;
    using Rows = std::vector<RowPtr>;

    explicit StreamModelBase(QObject *parent);

    /// \name What a derived class is asked
    /// @{
    /// What a getter gives of a row. May throw.
    virtual QVariant read(const Detail::ModelRow &row, int getter) const = 0;
    /// These come, and are to be rows behind the others: returns those that are new. The others
    /// have changed rows that are there, which are added to *changed.
    virtual Rows admit(Rows rows, std::vector<Detail::ChangedRow> *changed);
    /// These are no rows any more, and about to go.
    virtual void dismiss(const Rows &rows);
    /// These replace all rows that are there.
    virtual void exchange(Rows rows);
    /// Whether somebody hears of errors.
    virtual bool isErrorHeard() const;
    virtual void warn(const QString &text) const;
    /// A run has ended, by Ready, Error or Canceled. Before the signals.
    virtual void runEnded(Status status);
    /// @}

    /// \name Rows: once all are told of what is under way
    /// @{
    /// Throws InvalidUseError in another thread.
    void requireThread(const char *function) const;
    /// Throws InvalidUseError unless there is such a row.
    void requireRow(int row, const char *function) const;
    /// The same, but warns: for a change that has waited.
    bool hasRows(int row, int number, const char *function) const;
    template <typename F>
    void changeRows(F &&change)
    {
        makeChange(std::make_unique<Detail::RowChangeOf<std::decay_t<F>>>(std::forward<F>(change)));
    }
    /// @}

    /// \name Rows: in a function given to changeRows(), or in the functions above
    /// @{
    /// Other columns, which make() returns.
    void resetColumns(const std::function<Detail::ModelColumns()> &make);
    const Detail::ModelColumns &columns() const;
    Detail::RowList &rows() const;
    void admitAt(int row, Rows rows);
    void insertRowsAt(int row, Rows rows);
    void removeRowsAt(int row, int number);
    [[noreturn]] static void throwKeyTaken();
    void moveRowsTo(int row, int number, int destination);
    void resetRows(Rows rows);
    /// Replaces all rows by others, some of which are there already: tells of what is different.
    void rearrange(std::vector<Detail::RowTarget> targets, std::vector<Detail::ChangedRow> changed);
    void tellChanged(std::vector<Detail::ChangedRow> changed);
    /// The getters, but for that of the row itself, whose values differ, or that throw.
    Detail::GetterMask difference(const Detail::ModelRow &a, const Detail::ModelRow &b) const;
    /// Logs it, but once for each; -1 is that of keys.
    void warnOfGetter(int getter, const std::exception_ptr &error) const;
    /// @}

    /// Begins a run of what the feed takes from its stream; the one under way is canceled.
    void begin(QExplicitlySharedDataPointer<Detail::RowFeedBase> feed);
    /// A run that could not begin.
    void failToBegin(const std::exception_ptr &error);

private:
    friend class Detail::ModelRun;
    class Telling;

    void makeChange(std::unique_ptr<Detail::RowChange> change);
    void tellOf(Detail::RowChange &change);
    void settle();
    void prepareRun();
    void reported(const Progress &progress);
    void ended(const std::exception_ptr &error);
    void conclude();
    void flush();
    void insertPending();
    void removeAllRows();
    void want();
    void wantInstead();
    void wantIfLeftOut();
    void noteLook(int row) const;
    void showProgress(const Progress &progress);
    void setStatus(Status status);
    void setError(const std::exception_ptr &error);
    void removeInRanges(const std::vector<bool> &kept);
    void insertInRanges(std::vector<Detail::RowTarget> targets);
    void reorder(const std::vector<Detail::ModelRow *> &order);
    void relayout(const std::vector<Detail::ModelRow *> &order);
    void resetTo(std::vector<Detail::RowTarget> targets);
    void tellRange(int first, int last, Detail::GetterMask getters);

    const std::unique_ptr<Detail::ModelState> d;
};

} // namespace QFerry
