// SPDX-License-Identifier: MIT
#include "preview.h"

#include <QEvent>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTextBlock>
#include <QVBoxLayout>

static constexpr int shownLines = 200; // above and below the line

Preview::Preview() : m_place(new QLabel), m_text(new QPlainTextEdit)
{
    m_place->setTextFormat(Qt::PlainText);
    m_place->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_place->setSizePolicy(QSizePolicy::Ignored,
                           QSizePolicy::Preferred); // a long one widens nothing
    m_text->setObjectName("preview");
    m_text->setReadOnly(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setTabChangesFocus(true);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setPlaceholderText(tr("The file around the chosen line"));
    setFocusProxy(m_text);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_place);
    layout->addWidget(m_text);
}

void Preview::show(const Hit &hit)
{
    m_reading.start([this, hit](QObject *run) {
        if (!hit.isFound()) {
            showExcerpt(hit, { .text = hit.text, .hit = -1 });
            return QFerry::PendingCall<void>();
        }
        return QFerry::toThread({ .name = tr("preview") }, readAround, hit.path, hit.line,
                                shownLines)
                .then(run, [=, this](const Excerpt &excerpt) { showExcerpt(hit, excerpt); })
                .onFailed(run, [=, this](const std::exception &error) {
                    showExcerpt(hit, { .text = QString::fromUtf8(error.what()), .hit = -1 });
                });
    });
}

void Preview::showExcerpt(const Hit &hit, const Excerpt &excerpt)
{
    m_place->setText(hit.isFound() ? tr("%1, line %2").arg(hit.name).arg(hit.line) : hit.name);
    m_place->setToolTip(hit.toolTip());
    m_text->setPlainText(excerpt.text);
    m_markedLine = excerpt.hit;
    markLine();
    if (m_markedLine >= 0) {
        m_text->setTextCursor(QTextCursor(m_text->document()->findBlockByNumber(m_markedLine)));
        m_text->centerCursor();
    }
    emit shown();
}

void Preview::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        markLine(); // in its colors
}

void Preview::markLine()
{
    QList<QTextEdit::ExtraSelection> marks;
    if (m_markedLine >= 0) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(m_text->document()->findBlockByNumber(m_markedLine));
        mark.format.setBackground(palette().brush(QPalette::Highlight));
        mark.format.setForeground(palette().brush(QPalette::HighlightedText));
        mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks.append(mark);
    }
    m_text->setExtraSelections(marks);
}
