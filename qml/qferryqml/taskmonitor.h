// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/callsmodel.h>
#include <qferryqml/global.h>

#include <QtCore/qidentityproxymodel.h>
#include <QtQml/qqmlregistration.h>

namespace QFerry {

/**
 * What runs in the program, in QML: a row for each call that has not ended, and each task, with the
 * roles of CallsModel.
 *
 *     TaskMonitor { id: monitor; active: panel.visible }
 *     ListView { model: monitor; delegate: Text { text: model.name + ": " + model.stateText } }
 *
 * TasksPanel and TasksButton, which need Qt Quick Controls, show all of it.
 */
class QFERRYQML_EXPORT TaskMonitor : public QIdentityProxyModel
{
    Q_OBJECT
    QML_ELEMENT
    /// Whether it looks. Switch it off while nobody sees it.
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged FINAL)
    /// Milliseconds from one look to the next, at least 1; 100 at first.
    Q_PROPERTY(int interval READ interval WRITE setInterval NOTIFY intervalChanged FINAL)
    /// So many milliseconds after it was asked to end, what still runs is stuck; 5000 at first.
    Q_PROPERTY(int stuckAfter READ stuckAfter WRITE setStuckAfter NOTIFY stuckAfterChanged FINAL)
    Q_PROPERTY(int count READ count NOTIFY totalsChanged FINAL)
    /// How many have not begun, and how many have; and of those how many are stuck.
    Q_PROPERTY(int waiting READ waiting NOTIFY totalsChanged FINAL)
    Q_PROPERTY(int running READ running NOTIFY totalsChanged FINAL)
    Q_PROPERTY(int stuck READ stuck NOTIFY totalsChanged FINAL)
    /// From 0 to 1, the average of those that tell; -1 if none does.
    Q_PROPERTY(double progress READ progress NOTIFY totalsChanged FINAL)
    /// Each has name, total, borrowed and waiting.
    Q_PROPERTY(QVariantList limiters READ limiters NOTIFY limitersChanged FINAL)
    /// Each has name, made, taken, inside, capacity, waitingProducers, consumerWaits and thread.
    Q_PROPERTY(QVariantList streams READ streams NOTIFY streamsChanged FINAL)
    /// Each has running, guests and thread.
    Q_PROPERTY(QVariantList portals READ portals NOTIFY portalsChanged FINAL)
    /// Each has thread, threadId, turning, waiting and stall, in seconds.
    Q_PROPERTY(QVariantList loops READ loops NOTIFY loopsChanged FINAL)
public:
    explicit TaskMonitor(QObject *parent = nullptr);
    ~TaskMonitor() override;

    bool isActive() const { return m_calls.isActive(); }
    void setActive(bool active) { m_calls.setActive(active); }
    int interval() const { return m_calls.interval(); }
    /// One that is too short is refused with a warning.
    void setInterval(int milliseconds);
    int stuckAfter() const { return m_calls.stuckAfter(); }
    /// A negative one is refused with a warning.
    void setStuckAfter(int milliseconds);

    int count() const { return m_calls.count(); }
    int waiting() const { return m_calls.waiting(); }
    int running() const { return m_calls.running(); }
    int stuck() const { return m_calls.stuck(); }
    double progress() const { return m_calls.progress(); }
    QVariantList limiters() const { return m_calls.limiters(); }
    QVariantList streams() const { return m_calls.streams(); }
    QVariantList portals() const { return m_calls.portals(); }
    QVariantList loops() const { return m_calls.loops(); }

    /// Cancels the call, or task, in that row; false if it has ended.
    Q_INVOKABLE bool cancelRow(int row) { return m_calls.cancelRow(row); }
    /// What has that id, from this monitor or another one.
    Q_INVOKABLE bool cancel(quint64 id) { return m_calls.cancel(id); }
    /// Looks now, whether it is active or not.
    Q_INVOKABLE void refresh() { m_calls.refresh(); }

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
    CallsModel m_calls;
};

} // namespace QFerry
