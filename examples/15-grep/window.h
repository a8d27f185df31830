// SPDX-License-Identifier: MIT
#pragma once

#include "preview.h"
#include "search.h"
#include "taskspanel.h"

#include <QMainWindow>
#include <QSettings>
#include <QSortFilterProxyModel>
#include <QTimer>

class QCheckBox;
class QDockWidget;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSplitter;
class QTableView;

/// Searches the files of a folder as one types. It never stands still, and may be closed at any
/// time.
class Window : public QMainWindow
{
    Q_OBJECT
public:
    /// Which keep how the window was left.
    explicit Window(std::unique_ptr<QSettings> settings);
    ~Window() override;

    void setFolder(const QString &folder);
    void setText(const QString &text);
    QString folder() const;

signals:
    /// The last search has ended, and the status says how.
    void searched();

protected:
    void closeEvent(QCloseEvent *event) override;

private:
    using Hits = QFerry::StreamModel<Hit, QString>;

    void makeQuery();
    void makeResults();
    void makeStatusBar();
    void makeMenus();
    void setTabOrders();
    void restore();
    void save();

    void typed();
    void search();
    void cancel();
    void enter();
    void enterResults();
    void chooseFolder();
    void openSelected();
    void showStatus();
    QString summary() const;
    void countTasks();
    const Hit *currentHit() const;

    const std::unique_ptr<QSettings> m_settings;
    Hits m_hits;
    QSortFilterProxyModel m_sorted;
    std::shared_ptr<const SearchCounts> m_counts;
    QTimer m_typing;             // until it is searched for
    bool m_wantsResults = false; // Return was pressed

    QLineEdit *const m_text;
    QCheckBox *const m_matchCase;
    QCheckBox *const m_isRegular;
    QLineEdit *const m_folder;
    QPushButton *const m_choose;
    QLineEdit *const m_names;
    QSplitter *const m_splitter;
    QTableView *const m_table;
    Preview *const m_preview;
    QLabel *const m_status;
    QProgressBar *const m_progress;
    QPushButton *const m_cancel;
    QPushButton *const m_tasksButton;
    TasksPanel *const m_tasks;
    QDockWidget *const m_dock;
};
