// SPDX-License-Identifier: MIT
#include "registeredtask.h"

#include "arguments_p.h"
#include "asyncrun_p.h"
#include "registertask.h"
#include "similarnames_p.h"

#include <map>
#include <mutex>

namespace QFerry {

using Detail::TaskDefinition;
using Detail::TaskPtr;

namespace {

class Registry
{
public:
    static Registry &instance()
    {
        static auto *const registry = new Registry; // calls may outlive what static destructors end
        return *registry;
    }

    /// False if the name is taken.
    bool add(TaskPtr task)
    {
        const std::lock_guard lock(m_mutex);
        return m_tasks.try_emplace(task->name, task).second;
    }
    bool remove(const QString &name)
    {
        const std::lock_guard lock(m_mutex);
        return m_tasks.erase(name) > 0;
    }
    TaskPtr find(const QString &name) const
    {
        const std::lock_guard lock(m_mutex);
        const auto it = m_tasks.find(name);
        return it == m_tasks.end() ? TaskPtr() : it->second;
    }
    QStringList names() const
    {
        QStringList names;
        const std::lock_guard lock(m_mutex);
        for (const auto &[name, task] : m_tasks)
            names << name;
        return names;
    }

private:
    mutable std::mutex m_mutex;
    std::map<QString, TaskPtr> m_tasks;
};

const TaskDefinition &require(const TaskPtr &task)
{
    if (!task)
        throw InvalidUseError(QStringLiteral("This RegisteredTask is none. Get one by "
                                             "RegisteredTask::named()"));
    return *task;
}

} // namespace

namespace Detail {

void registerDefinition(const QString &name, std::unique_ptr<TaskDefinition> definition)
{
    if (name.isEmpty())
        throw InvalidUseError(QStringLiteral("registerTask() was given an empty name"));
    if (!definition)
        throw InvalidUseError(
                QStringLiteral("registerTask(\"%1\") was given a null function").arg(name));
    definition->name = name;
    if (!Registry::instance().add(std::move(definition))) {
        throw InvalidUseError(
                QStringLiteral(
                        "A task called \"%1\" is registered already. Choose another name, or call "
                        "unregisterTask() first")
                        .arg(name));
    }
}

void throwNoTaskResult(bool isCanceled)
{
    if (isCanceled)
        throw CanceledError();
    throw InvalidUseError(QStringLiteral(
            "A task that promised a result ended without one. Add it to the QPromise "
            "before the function returns"));
}

} // namespace Detail

bool unregisterTask(const QString &name)
{
    return Registry::instance().remove(name);
}

RegisteredTask RegisteredTask::named(const QString &name)
{
    if (TaskPtr task = Registry::instance().find(name))
        return RegisteredTask(std::move(task));
    throw InvalidUseError(
            QStringLiteral(
                    "There is no task called \"%1\"%2. Tasks are C++ functions: register them by "
                    "QFerry::registerTask() before QML asks for them")
                    .arg(name, Detail::didYouMean(name, names())));
}

QStringList RegisteredTask::names()
{
    return Registry::instance().names();
}

QString RegisteredTask::name() const
{
    return require(d).name;
}

QString RegisteredTask::signature() const
{
    return Detail::signatureText(require(d).name, require(d).parameters);
}

QList<QMetaType> RegisteredTask::parameters() const
{
    return require(d).parameters;
}

bool RegisteredTask::isGenerator() const
{
    return bool(require(d).generator);
}

QMetaType RegisteredTask::resultType() const
{
    return require(d).result;
}

QVariantList RegisteredTask::convert(const QVariantList &args) const
{
    return Detail::convertArguments(require(d).name, require(d).parameters, args);
}

bool RegisteredTask::isSameAs(const RegisteredTask &other) const
{
    if (d == other.d || !d || !other.d)
        return d == other.d;
    return d->target && d->target == other.d->target && d->name == other.d->name
           && d->parameters == other.d->parameters;
}

void RegisteredTask::requireFunction() const
{
    if (isGenerator()) {
        throw InvalidUseError(
                QStringLiteral("%1 is a generator: it makes many items, not one result. Use "
                               "ThreadStreamModel, or RegisteredTask::stream()")
                        .arg(signature()));
    }
}

PendingCall<QVariant> RegisteredTask::call(const QVariantList &args,
                                           const CallOptions &options) const
{
    requireFunction();
    return callConverted(convert(args), options, nullptr);
}

PendingCall<QVariant> RegisteredTask::callConverted(QVariantList values, const CallOptions &options,
                                                    Detail::PromiseReports *reports,
                                                    const Detail::ProgressSink &sink) const
{
    CallOptions named = options;
    if (named.name.isEmpty())
        named.name = d->name;
    auto function = d->function;
    auto asyncFunction = d->asyncFunction;
    if (d->makePromise) {
        Detail::PromiseRun run = d->makePromise();
        function = std::move(run.function);
        asyncFunction = std::move(run.asyncFunction);
        if (reports)
            *reports = std::move(run.reports);
    }
    if (asyncFunction)
        return Detail::runAsync(std::move(asyncFunction), std::move(values), sink, named);
    return toThread(named, [function = std::move(function), values = std::move(values)]() mutable {
        reportProgress(0);
        return function(values);
    });
}

Stream<QVariant> RegisteredTask::stream(const QVariantList &args,
                                        const StreamOptions &options) const
{
    if (!isGenerator()) {
        throw InvalidUseError(
                QStringLiteral("%1 is no generator: it makes one result. Use ThreadTask, or "
                               "RegisteredTask::call()")
                        .arg(signature()));
    }
    StreamOptions named = options;
    if (named.name.isEmpty())
        named.name = d->name;
    const auto generate = [generator = d->generator](Yield<QVariant> &yield,
                                                     QVariantList values) mutable {
        generator(yield, values);
    };
    return threadedIterable(generate, std::move(named))(convert(args));
}

} // namespace QFerry
