// SPDX-License-Identifier: MIT
#pragma once

#include "search.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;

/// Shows a file around a line.
class Preview : public QWidget
{
    Q_OBJECT
public:
    Preview();

    /// Takes the place of what is shown, or about to be.
    void show(const Hit &hit);

signals:
    void shown();

protected:
    void changeEvent(QEvent *event) override;

private:
    void showExcerpt(const Hit &hit, const Excerpt &excerpt);
    void markLine();

    QLabel *const m_place;
    QPlainTextEdit *const m_text;
    int m_markedLine = -1;

    QFerry::LatestCall<void> m_reading; // the last member: it ends first
};
