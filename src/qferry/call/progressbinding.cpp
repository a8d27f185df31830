// SPDX-License-Identifier: MIT
#include "progressbinding.h"

#include <qferry/errors.h>
#include <qferry/pendingcall.h>

#include <QtCore/qpointer.h>
#include <QtCore/qthread.h>

#include <limits>

namespace QFerry::Detail {

/// Widgets count in int.
static std::pair<int, int> valueAndMaximum(const Progress &progress)
{
    if (progress.total <= 0)
        return { 0, 0 };
    const qint64 value = qBound(qint64(0), progress.value, progress.total);
    if (progress.total <= std::numeric_limits<int>::max())
        return { int(value), int(progress.total) };
    constexpr int steps = 1'000'000;
    return { int(double(value) / double(progress.total) * steps), steps };
}

void ProgressBinding::prepare(QObject *view, const char *function)
{
    if (!view)
        throw InvalidUseError(QStringLiteral("%1 was given no widget to show the call in")
                                      .arg(QLatin1String(function)));
    if (view->thread() != QThread::currentThread())
        throw InvalidUseError(QStringLiteral("%1 is to be called in the thread of its widget")
                                      .arg(QLatin1String(function)));
    QPointer<ProgressBinding> before; // there is one at most
    for (QObject *child : view->children()) {
        if (auto *binding = dynamic_cast<ProgressBinding *>(child))
            before = binding;
    }
    if (before)
        before->end(false);
    delete before.data();
}

ProgressBinding::ProgressBinding(QObject *view) : QObject(view) {}

ProgressBinding::~ProgressBinding() = default;

/// Looks on: the end of this cancels nothing, and it takes neither the result nor the error.
void ProgressBinding::followCall(CallPtr call)
{
    call = orCanceled(std::move(call));
    listenToProgress(*call, this, [this](const Progress &progress) { report(progress); });
    PendingCall<void>(endOf(call)).then(this, [this, call] {
        deleteLater(); // not at once: this may be in the view's event loop, in showLatest()
        end(call->outcome() == Outcome::Value);
    });
    begin([call] { call->cancel({}); });
}

void ProgressBinding::begin(std::function<void()> cancel)
{
    m_cancel = std::move(cancel);
    m_stage = Stage::Running;
    m_latest = {};
    m_isShown = true;
    showBegin();
}

void ProgressBinding::report(const Progress &progress)
{
    m_latest = progress;
    m_isShown = false;
    if (!m_isShowing)
        showLatest();
}

/// What is reported while the view turns the event loop is shown later: else the stack would grow
/// with each report.
void ProgressBinding::showLatest()
{
    if (m_isShown || m_stage != Stage::Running)
        return;
    const QPointer<ProgressBinding> self(this);
    const auto [value, maximum] = valueAndMaximum(m_latest);
    m_isShown = true;
    m_isShowing = true;
    show(value, maximum, QString(m_latest.text));
    if (!self)
        return;
    m_isShowing = false;
    if (!m_isShown)
        QMetaObject::invokeMethod(
                this, [this] { showLatest(); }, Qt::QueuedConnection);
}

void ProgressBinding::cancel()
{
    if (m_stage != Stage::Running)
        return;
    m_stage = Stage::Canceling;
    const auto cancel = m_cancel; // a slot may give the view something else to show
    showCanceling();
    cancel();
}

void ProgressBinding::end(bool hasResult)
{
    if (m_stage == Stage::Idle)
        return;
    m_stage = Stage::Idle;
    showEnd(hasResult);
}

} // namespace QFerry::Detail
