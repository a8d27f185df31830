// SPDX-License-Identifier: MIT
#pragma once

#include "duplicategroups.h"
#include "trashtasks.h"

#include <qferry/pendingcall.h>

#include <QPointer>

#include <span>

/// Moves what is selected to the trash, in a worker, and back, if the system tells where it is
/// there.
///
/// Itself it lives in the window's thread.
class Trash : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(DuplicateGroups *groups MEMBER m_groups NOTIFY groupsChanged)
    Q_PROPERTY(bool busy READ isBusy NOTIFY changed)
    /// From 0 to 1.
    Q_PROPERTY(double progress READ progress NOTIFY changed)
    /// How many files undo() would move back.
    Q_PROPERTY(int undoCount READ undoCount NOTIFY changed)
    /// Of the last time: how many files were moved, and what went wrong, a line for each.
    Q_PROPERTY(int movedCount MEMBER m_movedCount NOTIFY changed)
    Q_PROPERTY(bool restored MEMBER m_isBack NOTIFY changed)
    Q_PROPERTY(QStringList errors MEMBER m_errors NOTIFY changed)

public:
    explicit Trash(QObject *parent = nullptr) : QObject(parent) {}
    ~Trash() override { cancel(); }

    bool isBusy() const { return m_isBusy; }
    double progress() const;
    int undoCount() const { return int(m_undo.size()); }

    Q_INVOKABLE void moveSelected();
    /// Brings back what was moved last.
    Q_INVOKABLE void undo();
    /// After the file that is being moved.
    Q_INVOKABLE void cancel() { m_call.cancel(); }
    /// The last time is no more of interest.
    Q_INVOKABLE void dismiss();

signals:
    void groupsChanged();
    void changed();
    /// All have been moved that could be.
    void finished();

private:
    template <typename Generator>
    void begin(Generator generator, const QList<TrashItem> &items);
    void take(const TrashItem &item);
    void takeAll(std::span<TrashItem> items);

    QPointer<DuplicateGroups> m_groups;
    QFerry::PendingCall<void> m_call;
    QList<QPointer<FoundFile>> m_files; // those of the rows that are being moved
    QList<TrashItem> m_undo;
    QList<QPointer<FoundFile>> m_undoFiles;
    QStringList m_errors;
    int m_count = 0;
    int m_done = 0;
    int m_movedCount = 0;
    bool m_isBack = false; // the last time was undo()
    bool m_isBusy = false;
};
