// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/taskfunction.h>

namespace QFerry {

/**
 * Makes a function known under a name, for ThreadTask, ThreadStreamModel and RegisteredTask:
 *
 *     QFerry::registerTask("hashFile", &hashFile);
 *     QFerry::registerTask("lines", &readLines); // takes a QFerry::Yield<QString> & first
 *
 * fn is a free or static function or a function object that can be copied. It may call
 * reportProgress() and checkCanceled(), as any function that toThread() runs, may take a
 * QPromise<T> & first (several results), or be a generator: take a Yield<T> & first, or return a
 * range that can be walked only once. (Containers are results.)
 *
 * An asynchronous fn (a coroutine that returns a Task, or what returns a PendingCall, QFuture or
 * awaitable) runs in the thread of who starts it, which is that of the QML engine, from its event
 * loop: it must not block. A cancel, and a timeout, reach what it awaits. Its progress is that of
 * the PendingCall which it returns, or what a QPromise<T> & that it takes first, returning a
 * Task<>, is told; reportProgress() is for workers.
 *
 * Any other fn runs in workers. Each run has a copy of fn; several may run at once.
 *
 * The other parameters of fn are taken by value or const reference, and are made of the caller's
 * values as QMetaType converts them. They and the result must be of types that QVariant can hold,
 * and nothing that belongs to a thread or a QML engine: no QJSValue, no pointer to a QObject.
 *
 * Any thread; usually in main(), before QML is loaded. Throws InvalidUseError if the name is empty
 * or taken, or fn is null.
 */
template <typename F>
void registerTask(const QString &name, F &&fn)
{
    Detail::registerDefinition(name,
                               Detail::TaskFunction<std::decay_t<F>>::define(std::forward<F>(fn)));
}
/// The same for a name that is UTF-8.
template <typename F>
void registerTask(const char *name, F &&fn)
{
    registerTask(QString::fromUtf8(name), std::forward<F>(fn));
}

/// Frees the name: what has been started goes on. False if there is no such task. Any thread.
QFERRYQML_EXPORT bool unregisterTask(const QString &name);

} // namespace QFerry
