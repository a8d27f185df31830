// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/task.h>
#include <qferry/threadediterable.h>
#include <qferryqml/global.h>

#include <QtCore/qfuture.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qvariant.h>

#include <functional>
#include <memory>
#include <optional>

namespace QFerry::Detail {

/// Where the progress goes that an asynchronous function makes known. In its thread.
using ProgressSink = std::function<void(const Progress &)>;
/// The function and the arguments live until the task has ended.
using AsyncTaskFunction = Task<QVariant>(QVariantList &, const ProgressSink &);

/// What a promise function has reported by now. (Progress and notifications are those of the
/// future.)
struct PromiseReports
{
    QFuture<void> future;
    /// Nothing if it has not come yet. Null for a QPromise<void>.
    std::function<std::optional<QVariant>(int)> resultAt;
};

/// One run of a promise function.
struct PromiseRun
{
    // One of them is set.
    std::function<QVariant(QVariantList &)> function;
    std::function<AsyncTaskFunction> asyncFunction;
    PromiseReports reports;
};

/// A registered function without its types. Its arguments are of exactly the types of its
/// parameters.
struct TaskDefinition
{
    QString name;
    QList<QMetaType> parameters;
    QMetaType result; // of a generator: an item
    // One of them is set. Each call runs a copy.
    std::function<QVariant(QVariantList &)> function;
    std::function<AsyncTaskFunction> asyncFunction;
    std::function<PromiseRun()> makePromise;
    std::function<void(Yield<QVariant> &, QVariantList &)> generator;
    std::shared_ptr<const void> target = nullptr; // of a method: whose
};
using TaskPtr = std::shared_ptr<const TaskDefinition>;

} // namespace QFerry::Detail
