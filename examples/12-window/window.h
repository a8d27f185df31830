// SPDX-License-Identifier: MIT
#pragma once

#include "waveformview.h"

#include <qferry/qferry.h>

#include <QWidget>

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

/// Loads recordings and shows them. It never stands still, and may be closed at any time.
class Window : public QWidget
{
    Q_OBJECT
public:
    explicit Window(const QString &path);

signals:
    void loaded();

private:
    QFerry::Task<> load(QString path);
    QFerry::Task<Waveform> read(QString path);
    void setBusy(bool isBusy);

    QLineEdit *const m_path;
    QDoubleSpinBox *const m_limit;
    QPushButton *const m_load;
    QPushButton *const m_cancel;
    WaveformView *const m_view;
    QProgressBar *const m_progress;
    QLabel *const m_status;
    QFerry::TaskScope m_tasks; // the last member: its tasks end while all of the window is there
};
