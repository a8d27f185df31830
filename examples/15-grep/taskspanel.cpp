// SPDX-License-Identifier: MIT
#include "taskspanel.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QPushButton>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

void ProgressDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                             const QModelIndex &index) const
{
    const double share = index.data(QFerry::CallsModel::ProgressRole).toDouble();
    if (share < 0) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    const QStyle *style = option.widget ? option.widget->style() : QApplication::style();
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    cell.text.clear();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, option.widget);

    QStyleOptionProgressBar bar;
    bar.initFrom(option.widget);
    bar.rect = option.rect.adjusted(2, 2, -2, -2);
    bar.palette = option.palette;
    bar.state |= QStyle::State_Horizontal;
    bar.maximum = 100;
    bar.progress = int(share * 100);
    bar.text = tr("%1 %").arg(bar.progress);
    bar.textVisible = true;
    bar.textAlignment = Qt::AlignCenter;
    style->drawControl(QStyle::CE_ProgressBar, &bar, painter, option.widget);
}

TasksPanel::TasksPanel() : m_view(new QTreeView), m_cancel(new QPushButton(tr("Cancel Tas&k")))
{
    m_model.setActive(false);
    m_view->setModel(&m_model);
    m_view->setObjectName("tasks");
    m_view->setRootIsDecorated(false);
    m_view->setUniformRowHeights(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setMinimumHeight(fontMetrics().height() * 4);
    m_view->setItemDelegateForColumn(QFerry::CallsModel::ProgressColumn,
                                     new ProgressDelegate(m_view));
    m_view->header()->resizeSection(0, fontMetrics().averageCharWidth() * 30);
    m_cancel->setEnabled(false);
    m_cancel->setToolTip(tr("Ask the selected task to end"));

    auto *buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(m_cancel);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_view);
    layout->addLayout(buttons);

    connect(&m_model, &QFerry::CallsModel::totalsChanged, this, &TasksPanel::look);
    connect(m_cancel, &QPushButton::clicked, this, &TasksPanel::cancelSelected);
    const auto enable = [this] { m_cancel->setEnabled(m_view->selectionModel()->hasSelection()); };
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, enable);
}

void TasksPanel::setBusy(bool isBusy)
{
    m_isBusy = isBusy;
    look();
}

/// It goes on until it has seen the last one end.
void TasksPanel::look()
{
    m_model.setActive(m_isBusy || isVisible() || m_model.count() > 0);
}

void TasksPanel::cancelSelected()
{
    for (const QModelIndex &row : m_view->selectionModel()->selectedRows())
        m_model.cancelRow(row.row());
}
