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
 * Or it is asynchronous: a coroutine that returns a Task<T>, or what returns a PendingCall or
 * QFuture. It begins in the thread that starts the task, which needs an event loop, and so may use
 * that thread's objects; it takes no token, and its coroutine is canceled as any Task is.
 *
 * A blocking fn runs in workers. Each run has a copy of fn; several may run at once. Its other
 * parameters are taken by value or const reference, and are made of the caller's values as
 * QMetaType converts them. They and the result must be of types that QVariant can hold, and nothing
 * that belongs to a thread or a QML engine: no QJSValue, no pointer to a QObject.
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
