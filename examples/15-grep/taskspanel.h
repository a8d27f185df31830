// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/qferry.h>

#include <QStyledItemDelegate>
#include <QWidget>

class QPushButton;
class QTreeView;

/// Draws the progress of a task as a bar.
class ProgressDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
};

/// What runs in the program. Looks only while it is shown, or asked to.
class TasksPanel : public QWidget
{
    Q_OBJECT
public:
    TasksPanel();

    QFerry::CallsModel &model() { return m_model; }
    /// Whether it looks while it is not shown.
    void setBusy(bool isBusy);

protected:
    void showEvent(QShowEvent *) override { look(); }
    void hideEvent(QHideEvent *) override { look(); }

private:
    void look();
    void cancelSelected();

    QFerry::CallsModel m_model;
    QTreeView *const m_view;
    QPushButton *const m_cancel;
    bool m_isBusy = false;
};
