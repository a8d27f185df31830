// SPDX-License-Identifier: MIT
// The window of docs/widgets.md, with its snippets. For one file of a test.
#pragma once

#include <qferry/qferry.h>

#include <QtCore/qfile.h>
#include <QtCore/qsortfilterproxymodel.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qprogressdialog.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qtableview.h>

#include <stdexcept>

class Viewer : public QWidget
{
public:
    Viewer();
    void open(const QString &path);
    void openSlowly(const QString &path);

    QString text;
    QString complaint;
    QProgressBar *const m_bar = new QProgressBar(this);
    QPushButton *const m_cancel = new QPushButton(this);
    QTableView *const m_table = new QTableView(this);
    QFerry::StreamModel<int> m_lines;
    QSortFilterProxyModel m_sorted;

private:
    void show(const QString &shown) { text = shown; }
    void complain(const char *reason) { complaint = QString::fromUtf8(reason); }
};

static QString readFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());
    return QString::fromUtf8(file.readAll());
}

// docs/widgets.md
void Viewer::open(const QString &path)
{
    QFerry::bindProgress(QFerry::toThread(readFile, path), m_bar, m_cancel)
            .then(this, &Viewer::show)
            .onFailed(this, [this](const std::exception &error) { complain(error.what()); });
}

void Viewer::openSlowly(const QString &path)
{
    auto *dialog = new QProgressDialog(tr("Reading"), tr("Cancel"), 0, 0, this);
    dialog->setWindowModality(Qt::WindowModal);
    QFerry::showProgress(QFerry::toThread(readFile, path), *dialog)
            .then(this, &Viewer::show)
            .finally(dialog, &QObject::deleteLater);
}

Viewer::Viewer()
{
    m_sorted.setSourceModel(&m_lines);
    m_sorted.setSortRole(QFerry::StreamModelBase::SortRole);
    m_table->setModel(&m_sorted);
    m_table->setSortingEnabled(true);
    QFerry::bindProgress(&m_lines, m_bar, m_cancel); // all of its runs
}
