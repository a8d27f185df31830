// SPDX-License-Identifier: MIT
#include "promisehost_p.h"

#include "arguments_p.h"
#include "ownthread_p.h"
#include "promisetypes_p.h"
#include "runrequest_p.h"
#include "taskrun_p.h"
#include "warning_p.h"

#include <qferry/call/progressshare.h>

#include <QtCore/qtimer.h>

namespace QFerry::Detail {

/// Calls the function with progress as ThreadTask has it. What it throws is logged.
static auto progressHandler(const QJSValue &function)
{
    return [function](const Progress &progress) {
        const QJSValue end = QJSValue(function).call({ shareOf(progress), progress.text });
        if (end.isError())
            warn(nullptr, QStringLiteral("%1:%2: An onProgress of QFerry.run() failed: %3")
                                  .arg(end.property(QStringLiteral("fileName")).toString(),
                                       end.property(QStringLiteral("lineNumber")).toString(),
                                       end.toString()));
    };
}

// --- OwnerWatch

struct OwnerWatch::State
{
    QPointer<QObject> owner;
    QMetaObject::Connection death;
};

OwnerWatch::OwnerWatch(QObject *owner, QObject *context, const QJSValue &function)
    : d(std::make_shared<State>())
{
    d->owner = owner;
    // While objects are being destroyed no script may run.
    const auto tell = [context, function] {
        QMetaObject::invokeMethod(
                context, [function] { QJSValue(function).call(); }, Qt::QueuedConnection);
    };
    d->death = QObject::connect(owner, &QObject::destroyed, context, tell);
}

bool OwnerWatch::isGone() const
{
    return d && !d->owner;
}

void OwnerWatch::end()
{
    if (d)
        QObject::disconnect(d->death);
}

// --- PromiseHost

QJSValue PromiseHost::run(const QJSValue &what, const QJSValue &args)
{
    if (const QString reason = whyNoLoop(QStringLiteral("QFerry.run()")); !reason.isEmpty()) {
        m_engine->throwError(reason);
        return {};
    }
    RunRequest request;
    TaskRun *run = makeRun(what, args, &request);
    connect(run, &TaskRun::succeeded, run, &QObject::deleteLater);
    connect(run, &TaskRun::failed, run, &QObject::deleteLater);
    connect(run, &TaskRun::canceled, run, &QObject::deleteLater);
    if (request.onProgress.isCallable())
        connect(run, &TaskRun::progressed, this, progressHandler(request.onProgress));
    const QJSValue promise = run->promise(m_engine);
    run->deferred().reportUnhandled(QStringLiteral("A task failed"));
    run->begin(request.options);
    if (request.abandonAfter > 0)
        run->failAfter(request.abandonAfter);
    return promise;
}

/// What is wrong with the request is the failure of the run.
TaskRun *PromiseHost::makeRun(const QJSValue &what, const QJSValue &args, RunRequest *request)
{
    try {
        const QVariantList given = argumentsOf(QVariant::fromValue(args));
        *request = RunRequest::of(what, given);
        request->task.requireFunction();
        auto run = std::make_unique<TaskRun>(request->task, request->task.convert(given));
        run->setParent(this);
        return run.release();
    } catch (const InvalidUseError &) {
        auto run = std::make_unique<TaskRun>(std::current_exception());
        run->setParent(this);
        return run.release();
    }
}

bool PromiseHost::isCall(const QJSValue &value) const
{
    return value.isVariant() && isPromiseType(value.toVariant().metaType());
}

QJSValue PromiseHost::promiseOf(const QJSValue &value)
{
    const QVariant variant = value.isVariant() ? value.toVariant() : QVariant();
    try {
        return promiseOfVariant(this, variant);
    } catch (const InvalidUseError &error) {
        m_engine->throwError(QJSValue::TypeError, error.message());
        return {};
    }
}

Canceler PromiseHost::after(int milliseconds, const QJSValue &function)
{
    auto *timer = new QTimer(this);
    timer->setTimerType(Qt::PreciseTimer); // which is never early
    timer->setSingleShot(true);
    connect(timer, &QTimer::timeout, timer, [timer, function] {
        timer->deleteLater();
        QJSValue(function).call();
    });
    timer->start(milliseconds);
    return Canceler([alive = QPointer<QTimer>(timer)] { delete alive; });
}

OwnerWatch PromiseHost::watch(QObject *owner, const QJSValue &function)
{
    return OwnerWatch(owner, this, function);
}

} // namespace QFerry::Detail
