// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/viewbinding.h>
#include <qferry/model/modelprogress.h>
#include <qferry/pendingcall.h>
#include <qferry/streammodelbase.h>

namespace QFerry {

/**
 * Shows a call in a progress bar until it ends: how far it is, or, while nobody knows, that the bar
 * is busy. Then the bar is full if the call has a result, else empty.
 *
 * The button, if there is one, is enabled meanwhile and cancels the call. It may be a QAction.
 *
 *     QFerry::bindProgress(QFerry::toThread(readFile, path), ui->bar, ui->cancel)
 *             .then(this, &Window::show);
 *
 * The call is what onProgress() hears of: one of toThread(), or a chain that begins with one. That
 * of a Task, which reports nothing, leaves the bar busy.
 *
 * A bar shows one call, the last that it was given: the one before goes on, unseen. Neither bar nor
 * button need to live as long as the call, which does not notice: what they only show is not theirs
 * to end. Nor does this take a result or an error that somebody else is to see.
 *
 * To be called in the thread of the widgets, else throws InvalidUseError, as without a bar. Nothing
 * of Qt Widgets is needed but by who calls it: Bar is QProgressBar or a class with the same
 * functions, complete here.
 */
template <typename T, typename Bar, typename Button>
PendingCall<T> bindProgress(const PendingCall<T> &call, Bar *bar, Button *cancelButton)
{
    Detail::makeBinding(bar, cancelButton)->followCall(call.core());
    return call;
}
/// The same without a button.
template <typename T, typename Bar>
PendingCall<T> bindProgress(const PendingCall<T> &call, Bar *bar)
{
    return bindProgress(call, bar, static_cast<Detail::NoButton *>(nullptr));
}

/// The same of all runs of a model, which is to live in this thread, as long as it and the bar
/// live.
template <typename Bar, typename Button>
void bindProgress(StreamModelBase *model, Bar *bar, Button *cancelButton)
{
    Detail::followModel(Detail::makeBinding(bar, cancelButton), model);
}
template <typename Bar>
void bindProgress(StreamModelBase *model, Bar *bar)
{
    bindProgress(model, bar, static_cast<Detail::NoButton *>(nullptr));
}

/**
 * Shows a call in a QProgressDialog, which opens if the call takes longer than its
 * minimumDuration() (0: at once), and closes when the call has ended. Its button, Esc and closing
 * it cancel the call. Texts that are reported are its label's.
 *
 *     QProgressDialog dialog(tr("Reading"), tr("Cancel"), 0, 0, this);
 *     dialog.setWindowModality(Qt::WindowModal);
 *     QFerry::showProgress(QFerry::toThread(readFile, path), dialog).then(this, &Window::show);
 *     dialog.exec();
 *
 * What QProgressDialog would do otherwise is seen to: it does not close when the last step is
 * reported and the call goes on; it neither opens after the call has ended, nor again by what is
 * reported after a cancel; wasCanceled() is of this call, and holds when that has ended. With
 * autoClose() off it stays open at the end. While it is modal, setValue() turns the event loop:
 * what is reported meanwhile waits for the loop's next turn. (Do not destroy the dialog in a slot
 * meanwhile, but by deleteLater(); Qt does not expect it.)
 *
 * A dialog shows one call, and else it is with it as with bindProgress().
 */
template <typename T, typename Dialog>
PendingCall<T> showProgress(const PendingCall<T> &call, Dialog &dialog)
{
    static_assert(
            std::derived_from<Dialog, QObject> && requires { &Dialog::canceled; },
            "QFerry: showProgress(call, dialog) takes a QProgressDialog, not a pointer to it");
    Detail::ProgressBinding::prepare(&dialog, "showProgress()");
    (new Detail::DialogBinding<Dialog>(&dialog))->followCall(call.core());
    return call;
}

} // namespace QFerry
