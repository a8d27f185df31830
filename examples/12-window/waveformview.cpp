// SPDX-License-Identifier: MIT
#include "waveformview.h"

#include <QPainter>
#include <QPainterPath>

WaveformView::WaveformView()
{
    setMinimumSize(320, 160);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void WaveformView::show(const Waveform &waveform)
{
    m_waveform = waveform;
    update();
}

void WaveformView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0x14, 0x1c, 0x28));
    painter.drawRoundedRect(rect(), 8, 8);

    const QRectF area = QRectF(rect()).adjusted(16, 16, -16, -16);
    const double middle = area.center().y();
    painter.setPen(QColor(0x34, 0x42, 0x58));
    painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle));

    QLinearGradient colours(area.topLeft(), area.bottomLeft());
    colours.setColorAt(0, QColor(0x5e, 0xe0, 0xc8));
    colours.setColorAt(0.5, QColor(0x2f, 0x8f, 0xe6));
    colours.setColorAt(1, QColor(0x5e, 0xe0, 0xc8));
    painter.setPen(QPen(colours, 1));
    for (qsizetype i = 0; i < m_waveform.columns.size(); ++i) {
        const Waveform::Column &column = m_waveform.columns[i];
        const double x = area.left() + area.width() * (i + 0.5) / m_waveform.columns.size();
        painter.drawLine(QPointF(x, middle - column.highest * area.height() / 2),
                         QPointF(x, middle - column.lowest * area.height() / 2));
    }
}
