// SPDX-License-Identifier: MIT
// What runs, shown by a widget, whatever kind of widget that is. In the widget's thread.
#pragma once

#include <qferry/call/callcore.h>

#include <QtCore/qobject.h>

#include <functional>

namespace QFerry::Detail {

/// Tells one view of what runs. It is the view's child: a view has one, the last that it was given.
class QFERRY_EXPORT ProgressBinding : public QObject
{
public:
    /// Throws InvalidUseError if there is no view, or in another thread. What the view shows so far
    /// ends.
    static void prepare(QObject *view, const char *function);

    /// Begins, and ends with the call; this, too.
    void followCall(CallPtr call);

    /// \name By what runs
    /// @{
    void begin(std::function<void()> cancel);
    void report(const Progress &progress);
    void end(bool hasResult);
    /// @}

    /// By the view: asks what runs to end. The view hears no more of it than the end.
    void cancel();

protected:
    explicit ProgressBinding(QObject *view);
    ~ProgressBinding() override;

    /// \name The view. May turn the event loop
    /// @{
    virtual void showBegin() = 0;
    /// A maximum of 0 if nobody knows.
    virtual void show(int value, int maximum, const QString &text) = 0;
    virtual void showCanceling() {}
    virtual void showEnd(bool hasResult) = 0;
    /// @}

private:
    enum class Stage : quint8 { Idle, Running, Canceling };
    void showLatest();

    std::function<void()> m_cancel;
    Progress m_latest;
    Stage m_stage = Stage::Idle;
    bool m_isShown = true;    // what was reported last
    bool m_isShowing = false; // the view may turn the event loop meanwhile
};

} // namespace QFerry::Detail
