// SPDX-License-Identifier: MIT
#include "window.h"

#include <QAction>
#include <QCheckBox>
#include <QCloseEvent>
#include <QDesktopServices>
#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QFontDatabase>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenuBar>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStatusBar>
#include <QStyle>
#include <QTableView>
#include <QUrl>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static constexpr auto restOfTyping = 150ms; // before it is searched for

static std::vector<QFerry::ModelColumn<Hit>> columns(const QStyle &style)
{
    using Column = QFerry::ModelColumn<Hit>;
    const QIcon warning = style.standardIcon(QStyle::SP_MessageBoxWarning);
    const QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    return { Column(Window::tr("File"), &Hit::name).toolTip(&Hit::toolTip),
             Column(Window::tr("Line"), &Hit::shownLine, Qt::AlignRight | Qt::AlignVCenter)
                     .sortedBy(&Hit::line),
             Column(Window::tr("Text"), &Hit::text)
                     .toolTip(&Hit::text)
                     .with(Qt::FontRole, [font](const Hit &) { return font; })
                     .with(Qt::DecorationRole, [warning](const Hit &hit) {
                         return hit.isFound() ? QVariant() : QVariant(warning);
                     }) };
}

static QString keyOf(const Hit &hit)
{
    return hit.path + u':' + QString::number(hit.line);
}

Window::Window(std::unique_ptr<QSettings> settings)
    : m_settings(std::move(settings))
    , m_hits(&keyOf, columns(*style()))
    , m_text(new QLineEdit)
    , m_matchCase(new QCheckBox(tr("&Match case")))
    , m_isRegular(new QCheckBox(tr("&Regular expression")))
    , m_folder(new QLineEdit)
    , m_choose(new QPushButton(tr("&Choose …")))
    , m_names(new QLineEdit)
    , m_splitter(new QSplitter(Qt::Vertical))
    , m_table(new QTableView)
    , m_preview(new Preview)
    , m_status(new QLabel)
    , m_progress(new QProgressBar)
    , m_cancel(new QPushButton(tr("Canc&el")))
    , m_tasksButton(new QPushButton(tr("&Tasks")))
    , m_tasks(new TasksPanel)
    , m_dock(new QDockWidget(tr("Tasks")))
{
    setWindowTitle(tr("grep"));
    makeQuery();
    makeResults();
    makeStatusBar();
    makeMenus();
    setTabOrders();
    resize(fontMetrics().averageCharWidth() * 140, fontMetrics().height() * 40);

    m_hits.setKeepRows(true); // the rows of the search before stay until the first new ones
    m_typing.setSingleShot(true);
    m_typing.setInterval(restOfTyping);
    restore();
    connect(&m_typing, &QTimer::timeout, this, &Window::search);
    connect(&m_hits, &Hits::statusChanged, this, &Window::showStatus);
    connect(&m_hits, &Hits::countChanged, this, &Window::showStatus);
    connect(&m_hits, &Hits::progressChanged, this, &Window::showStatus);
    connect(&m_hits, &Hits::runningChanged, this, [this] {
        m_tasks->setBusy(m_hits.isRunning());
        showStatus();
        if (!m_hits.isRunning())
            emit searched();
    });
    QFerry::bindProgress(&m_hits, m_progress, m_cancel);
    showStatus();
    m_text->setFocus();
}

Window::~Window()
{
    m_table->setModel(nullptr); // which goes before the table
}

static QLabel *labelOf(QWidget *widget, const QString &text)
{
    auto *label = new QLabel(text);
    label->setBuddy(widget);
    return label;
}

void Window::makeQuery()
{
    auto *query = new QWidget;
    auto *layout = new QGridLayout(query);
    layout->setContentsMargins({});
    layout->addWidget(labelOf(m_text, tr("&Find")), 0, 0);
    layout->addWidget(m_text, 0, 1);
    layout->addWidget(m_matchCase, 0, 2);
    layout->addWidget(m_isRegular, 0, 3, 1, 2);
    layout->addWidget(labelOf(m_folder, tr("&In folder")), 1, 0);
    layout->addWidget(m_folder, 1, 1);
    layout->addWidget(m_choose, 1, 2);
    layout->addWidget(labelOf(m_names, tr("Fi&les")), 1, 3);
    layout->addWidget(m_names, 1, 4);
    m_text->setObjectName("text");
    m_folder->setObjectName("folder");
    m_names->setObjectName("names");
    m_text->setClearButtonEnabled(true);
    m_names->setPlaceholderText(tr("all, or *.cpp *.h"));
    m_names->setToolTip(tr("Names of files, with * and ?, separated by spaces"));

    for (QLineEdit *edit : { m_text, m_folder, m_names }) {
        connect(edit, &QLineEdit::textChanged, this, &Window::typed);
        connect(edit, &QLineEdit::returnPressed, this, &Window::enter);
    }
    for (QCheckBox *box : { m_matchCase, m_isRegular })
        connect(box, &QCheckBox::toggled, this, &Window::typed);
    connect(m_choose, &QPushButton::clicked, this, &Window::chooseFolder);

    auto *central = new QWidget;
    auto *all = new QVBoxLayout(central);
    all->addWidget(query);
    all->addWidget(m_splitter, 1);
    setCentralWidget(central);
}

void Window::makeResults()
{
    m_sorted.setSourceModel(&m_hits);
    m_sorted.setSortRole(QFerry::StreamModelBase::SortRole);
    m_sorted.setSortCaseSensitivity(Qt::CaseInsensitive);
    m_table->setObjectName("hits");
    m_table->setModel(&m_sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder); // as they are found
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->resizeSection(0, fontMetrics().averageCharWidth() * 40);
    m_table->horizontalHeader()->resizeSection(1, fontMetrics().averageCharWidth() * 10);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_table->setSelectionBehavior(QTableView::SelectRows);
    m_table->setSelectionMode(QTableView::SingleSelection);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false); // Tab leaves the table
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        const Hit *hit = currentHit();
        m_preview->show(hit ? *hit : Hit());
    });
    connect(m_table, &QTableView::activated, this, &Window::openSelected);

    m_splitter->addWidget(m_table);
    m_splitter->addWidget(m_preview);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
}

void Window::makeStatusBar()
{
    m_status->setObjectName("status");
    m_status->setTextFormat(Qt::PlainText);
    m_status->setSizePolicy(QSizePolicy::Ignored,
                            QSizePolicy::Preferred); // a long text widens nothing
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(fontMetrics().averageCharWidth() * 24);
    m_cancel->setObjectName("cancel");
    m_cancel->setToolTip(tr("End the search; what was found stays"));
    m_tasksButton->setObjectName("tasksButton");
    m_tasksButton->setCheckable(true);
    m_tasksButton->setToolTip(tr("Show what runs"));
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_progress);
    statusBar()->addPermanentWidget(m_cancel);
    statusBar()->addPermanentWidget(m_tasksButton);

    m_dock->setObjectName("tasksDock");
    m_dock->setWidget(m_tasks);
    addDockWidget(Qt::BottomDockWidgetArea, m_dock);
    resizeDocks({ m_dock }, { fontMetrics().height() * 8 }, Qt::Vertical);
    m_dock->hide();
    connect(m_tasksButton, &QPushButton::clicked, m_dock, &QDockWidget::setVisible);
    connect(m_dock->toggleViewAction(), &QAction::toggled, m_tasksButton, &QPushButton::setChecked);
    connect(&m_tasks->model(), &QFerry::CallsModel::totalsChanged, this, &Window::countTasks);
}

void Window::makeMenus()
{
    QMenu *search = menuBar()->addMenu(tr("&Search"));
    search->addAction(tr("&Choose Folder …"), QKeySequence::Open, this, &Window::chooseFolder);
    search->addAction(tr("&Find"), QKeySequence::Find, m_text, [this] {
        m_text->setFocus(Qt::ShortcutFocusReason);
        m_text->selectAll();
    });
    search->addAction(tr("Search &Again"), QKeySequence::Refresh, this, &Window::search);
    search->addAction(tr("Canc&el"), QKeySequence(Qt::Key_Escape), this, &Window::cancel);
    search->addSeparator();
    search->addAction(tr("&Quit"), QKeySequence::Quit, this, &Window::close);
    QMenu *view = menuBar()->addMenu(tr("&View"));
    QAction *tasks = m_dock->toggleViewAction();
    tasks->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_T));
    view->addAction(tasks);
}

void Window::setTabOrders()
{
    const QList<QWidget *> order{ m_text,  m_matchCase, m_isRegular, m_folder, m_choose,
                                  m_names, m_table,     m_preview,   m_cancel, m_tasksButton };
    for (qsizetype i = 1; i < order.size(); ++i)
        setTabOrder(order[i - 1], order[i]);
}

void Window::restore()
{
    m_folder->setText(
            m_settings->value("folder", QDir::toNativeSeparators(QDir::currentPath())).toString());
    m_names->setText(m_settings->value("names").toString());
    m_matchCase->setChecked(m_settings->value("matchCase").toBool());
    m_isRegular->setChecked(m_settings->value("isRegular").toBool());
    restoreGeometry(m_settings->value("geometry").toByteArray());
    restoreState(m_settings->value("state").toByteArray());
    m_splitter->restoreState(m_settings->value("splitter").toByteArray());
    m_table->horizontalHeader()->restoreState(m_settings->value("columns").toByteArray());
    m_tasksButton->setChecked(!m_dock->isHidden());
}

void Window::save()
{
    m_settings->setValue("folder", m_folder->text());
    m_settings->setValue("names", m_names->text());
    m_settings->setValue("matchCase", m_matchCase->isChecked());
    m_settings->setValue("isRegular", m_isRegular->isChecked());
    m_settings->setValue("geometry", saveGeometry());
    m_settings->setValue("state", saveState());
    m_settings->setValue("splitter", m_splitter->saveState());
    m_settings->setValue("columns", m_table->horizontalHeader()->saveState());
}

void Window::closeEvent(QCloseEvent *event)
{
    save();
    cancel(); // the worker ends by itself; nobody waits for it
    QMainWindow::closeEvent(event);
}

QString Window::folder() const
{
    return QDir::cleanPath(QDir::fromNativeSeparators(m_folder->text()));
}

void Window::setFolder(const QString &folder)
{
    m_folder->setText(QDir::toNativeSeparators(folder));
}

void Window::setText(const QString &text)
{
    m_text->setText(text);
}

void Window::chooseFolder()
{
    const QString chosen =
            QFileDialog::getExistingDirectory(this, tr("Folder to search"), folder());
    if (!chosen.isEmpty())
        setFolder(chosen);
}

void Window::typed()
{
    m_wantsResults = false;
    m_typing.start();
}

/// Takes the place of the search before.
void Window::search()
{
    m_typing.stop();
    if (m_text->text().isEmpty()) {
        m_hits.clear();
        m_counts.reset();
        showStatus();
        return;
    }
    Query query{ .folder = folder(),
                 .text = m_text->text(),
                 .names = m_names->text().split(u' ', Qt::SkipEmptyParts),
                 .matchesCase = m_matchCase->isChecked(),
                 .isRegular = m_isRegular->isChecked() };
    m_counts = query.counts;
    m_hits.start(QFerry::threadedIterable(&::search, { .name = tr("search") })(std::move(query)));
}

/// What was found stays, and so does what was typed.
void Window::cancel()
{
    m_typing.stop();
    m_wantsResults = false;
    m_hits.cancel();
}

/// Return: searches at once, and goes to the results.
void Window::enter()
{
    if (m_typing.isActive() || m_hits.status() == Hits::Null)
        search();
    m_wantsResults = true;
    if (m_hits.status() != Hits::Queued) // else the rows are still those of the search before
        enterResults();
}

void Window::enterResults()
{
    if (!m_wantsResults || m_sorted.rowCount() == 0)
        return;
    m_wantsResults = false;
    m_table->setFocus();
    if (!m_table->currentIndex().isValid())
        m_table->selectRow(0);
}

void Window::openSelected()
{
    if (const Hit *hit = currentHit())
        QDesktopServices::openUrl(QUrl::fromLocalFile(hit->path));
}

QString Window::summary() const
{
    const QLocale locale;
    const auto text = [&](int number) { return locale.toString(number); };
    QString result = tr("Lines: %1, files: %2").arg(text(m_counts->lines), text(m_counts->files));
    if (m_counts->binary > 0)
        result += tr(", of which binary: %1").arg(text(m_counts->binary));
    if (m_counts->unreadable > 0)
        result += tr(", could not be searched: %1").arg(text(m_counts->unreadable));
    return result;
}

void Window::showStatus()
{
    if (m_hits.status() != Hits::Queued)
        enterResults();
    if (!m_counts)
        m_status->setText(tr("Type what to search for"));
    else if (m_hits.isRunning())
        m_status->setText(tr("Searching …  %1").arg(summary()));
    else if (m_hits.status() == Hits::Error)
        m_status->setText(m_hits.errorString());
    else if (m_hits.status() == Hits::Canceled)
        m_status->setText(tr("Canceled.  %1").arg(summary()));
    else if (m_counts->isFull)
        m_status->setText(tr("There is more.  %1").arg(summary()));
    else
        m_status->setText(summary());
    m_status->setToolTip(m_status->text());
}

const Hit *Window::currentHit() const
{
    const QModelIndex index = m_sorted.mapToSource(m_table->currentIndex());
    return index.isValid() ? &m_hits.at(index.row()) : nullptr;
}

void Window::countTasks()
{
    const int number = m_tasks->model().count();
    m_tasksButton->setText(number > 0 ? tr("&Tasks: %1").arg(number) : tr("&Tasks"));
}
