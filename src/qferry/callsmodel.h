// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/programinfo.h>

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qvariant.h>

#include <memory>

namespace QFerry {

namespace Detail {
class CallsModelState;
}

/**
 * What runs in the program, for a view: a row for each call that has not ended, and each task. For
 * Qt Widgets' views and Qt Quick's alike; in its own thread.
 *
 * While it is active it looks ten times a second, or as interval() says, and less often if looks
 * take long, because there are many calls, or show nothing. Rows are known by CallInfo::id: those
 * that are new come at the end, those that have changed are told, and nothing is ever reset. Calls
 * that begin and end between two looks are not seen.
 *
 * *Stuck* is what was asked to end and still runs stuckAfter() later. Such rows stand first, and
 * have the number of the thread to be looked at in a debugger.
 */
class QFERRY_EXPORT CallsModel : public QAbstractTableModel
{
    Q_OBJECT
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged)
    Q_PROPERTY(int interval READ interval WRITE setInterval NOTIFY intervalChanged)
    Q_PROPERTY(int stuckAfter READ stuckAfter WRITE setStuckAfter NOTIFY stuckAfterChanged)
    Q_PROPERTY(int count READ count NOTIFY totalsChanged)
    Q_PROPERTY(int waiting READ waiting NOTIFY totalsChanged)
    Q_PROPERTY(int running READ running NOTIFY totalsChanged)
    Q_PROPERTY(int stuck READ stuck NOTIFY totalsChanged)
    Q_PROPERTY(double progress READ progress NOTIFY totalsChanged)
    Q_PROPERTY(QVariantList limiters READ limiters NOTIFY limitersChanged)
    Q_PROPERTY(QVariantList streams READ streams NOTIFY streamsChanged)
    Q_PROPERTY(QVariantList portals READ portals NOTIFY portalsChanged)
    Q_PROPERTY(QVariantList loops READ loops NOTIFY loopsChanged)

public:
    enum Column {
        NameColumn,
        StateColumn,
        ProgressColumn,
        TimeColumn,
        LimiterColumn,
        ThreadColumn
    };
    Q_ENUM(Column)

    /// Of every column; in QML as "name" and so on. What they are: see CallInfo.
    enum Role {
        IdRole = Qt::UserRole + 1, ///< "callId"
        NameRole,                  ///< "name": "unnamed call" and the like if it has none
        KindRole,                  ///< "kind", as text: "Call"
        StateRole,                 ///< "callState", as text: "WaitsForToken"
        StateTextRole,             ///< "stateText"
        RunningRole,               ///< "running": has begun
        CancelRequestedRole,       ///< "cancelRequested"
        StuckRole,                 ///< "stuck"
        ProgressRole,              ///< "progress": from 0 to 1; -1 if nobody knows
        ProgressTextRole,          ///< "progressText"
        SecondsRole,               ///< "seconds": how long it has waited or, if it has begun, run
        LimiterRole,               ///< "limiter"
        ThreadRole,                ///< "thread"
        ThreadIdRole,              ///< "threadId"
        OriginRole,                ///< "origin"
    };
    Q_ENUM(Role)

    explicit CallsModel(QObject *parent = nullptr);
    ~CallsModel() override;

    /// Whether it looks; at first it does. Switch it off while nobody sees it: then nothing is
    /// done, here or by calls, and the rows stay as they are.
    bool isActive() const;
    void setActive(bool active);
    /// Milliseconds between two looks, 100 at first; at least 1.
    int interval() const;
    void setInterval(int milliseconds);
    /// Milliseconds, 5000 at first.
    int stuckAfter() const;
    void setStuckAfter(int milliseconds);

    /// \name Totals of the last look
    /// @{
    int count() const { return rowCount(); }
    int waiting() const; ///< that have not begun
    int running() const; ///< the others
    int stuck() const;   ///< of those
    /// Of all that say how far they are, the average; -1 if none does.
    double progress() const;
    /// @}

    /// \name The rest of programSnapshot(), as values of LimiterInfo and so on
    /// @{
    QVariantList limiters() const;
    QVariantList streams() const;
    QVariantList portals() const;
    QVariantList loops() const;
    /// @}

    /// As the last look saw it. The row must exist.
    Q_INVOKABLE QFerry::CallInfo info(int row) const;
    /// As cancelCall().
    Q_INVOKABLE bool cancel(quint64 id);
    /// The call, or task, in that row; false if there is none.
    Q_INVOKABLE bool cancelRow(int row);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;
    QHash<int, QByteArray> roleNames() const override;

public Q_SLOTS:
    /// Looks now, whether it is active or not.
    void refresh();

Q_SIGNALS:
    void activeChanged();
    void intervalChanged();
    void stuckAfterChanged();
    void totalsChanged();
    void limitersChanged();
    void streamsChanged();
    void portalsChanged();
    void loopsChanged();

private:
    friend class Detail::CallsModelState;
    const std::unique_ptr<Detail::CallsModelState> d;
};

} // namespace QFerry
