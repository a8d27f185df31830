// SPDX-License-Identifier: MIT
#pragma once

#include "waveform.h"

#include <QWidget>

/// Draws a waveform.
class WaveformView : public QWidget
{
public:
    WaveformView();

    void show(const Waveform &waveform);
    const Waveform &waveform() const { return m_waveform; }

protected:
    void paintEvent(QPaintEvent *) override;

private:
    Waveform m_waveform;
};
