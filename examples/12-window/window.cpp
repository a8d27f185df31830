// SPDX-License-Identifier: MIT
#include "window.h"

#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QScopeGuard>

using namespace Qt::StringLiterals;

Window::Window(const QString &path)
    : m_path(new QLineEdit(path))
    , m_limit(new QDoubleSpinBox)
    , m_load(new QPushButton(u"Load"_s))
    , m_cancel(new QPushButton(u"Cancel"_s))
    , m_view(new WaveformView)
    , m_progress(new QProgressBar)
    , m_status(new QLabel(u"Nothing is loaded yet."_s))
{
    setWindowTitle(u"Waveforms"_s);
    m_limit->setPrefix(u"at most "_s);
    m_limit->setSuffix(u" s"_s);
    m_limit->setValue(30);
    m_load->setDefault(true);
    m_load->setObjectName("load");
    m_cancel->setObjectName("cancel");
    m_status->setObjectName("status");

    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(10);
    layout->addWidget(m_path, 0, 0);
    layout->addWidget(m_limit, 0, 1);
    layout->addWidget(m_load, 0, 2);
    layout->addWidget(m_cancel, 0, 3);
    layout->addWidget(m_view, 1, 0, 1, 4);
    layout->addWidget(m_status, 2, 0);
    layout->addWidget(m_progress, 2, 1, 1, 3);
    setBusy(false);

    connect(m_load, &QPushButton::clicked, this, [this] { m_tasks.start(load(m_path->text())); });
    connect(m_path, &QLineEdit::returnPressed, m_load, &QPushButton::click);
    connect(m_cancel, &QPushButton::clicked, this, [this] { m_tasks.cancel(); });
}

void Window::setBusy(bool isBusy)
{
    m_load->setEnabled(!isBusy);
    m_cancel->setEnabled(isBusy);
    m_progress->setVisible(isBusy);
    m_progress->setValue(0);
}

/// Runs in the window's thread, and is suspended while a worker reads the file.
QFerry::Task<> Window::load(QString path)
{
    setBusy(true); // at once, so a second click finds the button disabled
    const auto notBusy = qScopeGuard([this] { setBusy(false); }); // however it ends
    m_status->setText(u"Reading ..."_s);
    QElapsedTimer time;
    time.start();
    try {
        const std::chrono::duration<double> limit(m_limit->value());
        const auto body = [&] { return read(path); };
        const Waveform waveform = co_await QFerry::failAfter(
                std::chrono::duration_cast<std::chrono::milliseconds>(limit), body);
        m_view->show(waveform);
        m_status->setText(u"%L1 samples in %2 s"_s.arg(waveform.samples)
                                  .arg(time.elapsed() / 1000.0, 0, 'f', 2));
        emit loaded();
    } catch (const QFerry::TimeoutError &) {
        m_status->setText(u"Gave up: it takes too long."_s);
    } catch (const QFerry::CanceledError &) { // by the button, or since the window goes
        m_status->setText(u"Canceled."_s);
    } catch (const std::exception &error) {
        m_status->setText(QString::fromUtf8(error.what()));
    }
}

QFerry::Task<Waveform> Window::read(QString path)
{
    const auto reading = QFerry::toThread(readWaveform, path);
    reading.onProgress(this, [this](const QFerry::Progress &progress) {
        m_progress->setMaximum(int(progress.total));
        m_progress->setValue(int(progress.value));
    });
    co_return co_await reading;
}
