// SPDX-License-Identifier: MIT
// The widgets that show what runs: any classes with their functions, so that nothing of Qt Widgets
// is needed here. In the widgets' thread.
#pragma once

#include <qferry/call/progressbinding.h>

#include <QtCore/qpointer.h>

#include <concepts>

namespace QFerry::Detail {

/// Where no button cancels.
struct NoButton : QObject
{
    void setEnabled(bool) {}
};

/// A QProgressBar and a button, or what has their functions.
template <typename Bar, typename Button>
class BarBinding final : public ProgressBinding
{
public:
    BarBinding(Bar *bar, Button *button) : ProgressBinding(bar), m_bar(bar), m_button(button)
    {
        if (!button)
            return;
        if constexpr (requires { &Button::clicked; })
            this->connect(button, &Button::clicked, this, &ProgressBinding::cancel);
        else if constexpr (!std::same_as<Button, NoButton>)
            this->connect(button, &Button::triggered, this, &ProgressBinding::cancel);
        enableButton(false);
    }

protected:
    void showBegin() override
    {
        enableButton(true);
        m_bar->setRange(0, 0); // busy
    }
    void show(int value, int maximum, const QString &) override
    {
        m_bar->setRange(0, maximum);
        m_bar->setValue(value);
    }
    void showCanceling() override { enableButton(false); }
    void showEnd(bool hasResult) override
    {
        enableButton(false);
        if (m_bar->maximum() == 0)
            m_bar->setRange(0, 1); // else it would be busy for ever
        if (hasResult)
            m_bar->setValue(m_bar->maximum());
        else
            m_bar->reset();
    }

private:
    void enableButton(bool isEnabled)
    {
        if (m_button)
            m_button->setEnabled(isEnabled);
    }

    Bar *const m_bar; // this is its child
    const QPointer<Button> m_button;
};

/// A QProgressDialog, or what has its functions.
template <typename Dialog>
class DialogBinding final : public ProgressBinding
{
public:
    explicit DialogBinding(Dialog *dialog)
        : ProgressBinding(dialog)
        , m_dialog(dialog)
        , m_autoClose(dialog->autoClose())
        , m_autoReset(dialog->autoReset())
    {
        this->connect(dialog, &Dialog::canceled, this, &ProgressBinding::cancel);
    }

protected:
    void showBegin() override
    {
        m_dialog->setAutoClose(false); // the last report is not the end
        m_dialog->setAutoReset(false);
        m_dialog->reset(); // forgets that it was canceled before
        m_dialog->setRange(0, 0);
        m_dialog->setValue(0); // minimumDuration() begins
    }
    void show(int value, int maximum, const QString &text) override
    {
        if (!text.isEmpty())
            m_dialog->setLabelText(text);
        m_dialog->setRange(0, maximum);
        m_dialog->setValue(value);
    }
    void showEnd(bool) override
    {
        m_dialog->setAutoClose(m_autoClose);
        m_dialog->setAutoReset(m_autoReset);
        if (!m_dialog->wasCanceled()) // else it is closed, and is to tell so
            m_dialog->reset();
    }

private:
    Dialog *const m_dialog; // this is its child
    const bool m_autoClose;
    const bool m_autoReset;
};

template <typename Bar, typename Button>
ProgressBinding *makeBinding(Bar *bar, Button *button)
{
    static_assert(std::derived_from<Bar, QObject> && requires { &Bar::setRange; &Bar::setValue; },
                  "QFerry: bindProgress(call, bar, button) takes a QProgressBar *, or what has its "
                  "functions");
    static_assert(
            std::derived_from<Button, QObject> && requires { &Button::setEnabled; },
            "QFerry: bindProgress(call, bar, button) takes a button or a QAction, which "
            "cancels the call");
    ProgressBinding::prepare(bar, "bindProgress()");
    return new BarBinding<Bar, Button>(bar, button);
}

} // namespace QFerry::Detail
