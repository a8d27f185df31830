// SPDX-License-Identifier: MIT
// What the scripts of the module ask C++ for. There is one for each engine, in its thread.
#pragma once

#include "canceler_p.h"

#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>
#include <QtQml/qjsvalue.h>

#include <memory>

namespace QFerry::Detail {

class TaskRun;
struct RunRequest;

/// Whether the owner of a coroutine is still there.
class OwnerWatch
{
    Q_GADGET
public:
    OwnerWatch() = default;
    /// Calls the function, through the event loop of that object, once the owner is gone.
    OwnerWatch(QObject *owner, QObject *context, const QJSValue &function);

    Q_INVOKABLE bool isGone() const;
    /// From now on it is not watched.
    Q_INVOKABLE void end();

private:
    struct State;
    std::shared_ptr<State> d;
};

/// The first argument of the functions of qferry.mjs.
class PromiseHost : public QObject
{
    Q_OBJECT
public:
    explicit PromiseHost(QJSEngine *engine) : m_engine(engine) {}

    /// QFerry.run(). What is wrong with it is the rejection.
    Q_INVOKABLE QJSValue run(const QJSValue &what, const QJSValue &args);
    /// Whether it is a future or call of C++.
    Q_INVOKABLE bool isCall(const QJSValue &value) const;
    Q_INVOKABLE bool isObject(const QJSValue &value) const { return value.toQObject(); }
    /// QFerry.promise(). Throws, in the script, for what is no future or call of a known type.
    Q_INVOKABLE QJSValue promiseOf(const QJSValue &value);
    /// Calls the function after that time.
    Q_INVOKABLE QFerry::Detail::Canceler after(int milliseconds, const QJSValue &function);
    Q_INVOKABLE QFerry::Detail::OwnerWatch watch(QObject *owner, const QJSValue &function);

private:
    TaskRun *makeRun(const QJSValue &what, const QJSValue &args, RunRequest *request);

    QJSEngine *const m_engine;
};

} // namespace QFerry::Detail
