// SPDX-License-Identifier: MIT
#include "objectmethod_p.h"

#include "arguments_p.h"
#include "similarnames_p.h"

#include <QtCore/qmetaobject.h>

#include <array>

namespace QFerry::Detail {

namespace {

constexpr char classInfoName[] = "QFerry.ThreadSafe";

QString nameOf(const QMetaObject *type)
{
    return QString::fromUtf8(type->className());
}

QStringList threadSafeMethods(const QMetaObject *type)
{
    for (int i = type->classInfoOffset(); i < type->classInfoCount(); ++i) {
        if (qstrcmp(type->classInfo(i).name(), classInfoName) != 0)
            continue;
        QStringList names = QString::fromUtf8(type->classInfo(i).value()).split(u',');
        for (QString &name : names)
            name = name.trimmed();
        return names;
    }
    return {};
}

/// "*" is what a class says of the methods that it declares; by name it may admit inherited ones.
bool isThreadSafe(const QMetaObject *type, const QMetaMethod &method)
{
    const QString name = QString::fromUtf8(method.name());
    for (; type; type = type->superClass()) {
        const QStringList names = threadSafeMethods(type);
        const bool isOwn = method.enclosingMetaObject() == type;
        if (names.contains(name) || (isOwn && names.contains(QStringLiteral("*"))))
            return true;
        if (isOwn)
            return false;
    }
    return false;
}

bool isCallableByName(const QMetaMethod &method)
{
    return method.access() == QMetaMethod::Public
           && (method.methodType() == QMetaMethod::Method
               || method.methodType() == QMetaMethod::Slot);
}

QList<QMetaMethod> methodsCalled(const QMetaObject *type, const QString &name)
{
    QList<QMetaMethod> methods;
    QStringList names;
    for (int i = type->methodCount() - 1; i >= 0; --i) { // an overriding class's first
        const QMetaMethod method = type->method(i);
        if (!isCallableByName(method))
            continue;
        const QString called = QString::fromUtf8(method.name());
        if (called == name)
            methods << method;
        else if (!names.contains(called))
            names << called;
    }
    if (methods.isEmpty()) {
        throw InvalidUseError(QStringLiteral("%1 has no method called \"%2\"%3. Tasks are public "
                                             "methods that are Q_INVOKABLE, "
                                             "or slots")
                                      .arg(nameOf(type), name, didYouMean(name, names)));
    }
    return methods;
}

QList<QMetaType> parametersOf(const QMetaMethod &method)
{
    QList<QMetaType> types;
    for (int i = 0; i < method.parameterCount(); ++i)
        types << method.parameterMetaType(i);
    return types;
}

QString whyRefused(const QMetaObject *type, const QMetaMethod &method)
{
    if (!isThreadSafe(type, method)) {
        return QStringLiteral("its class does not say that it may be called in any thread. If it "
                              "is thread-safe, write "
                              "Q_CLASSINFO(\"%1\", \"%2\") in the class")
                .arg(QLatin1String(classInfoName), QString::fromUtf8(method.name()));
    }
    QList<QMetaType> types = parametersOf(method);
    types << method.returnMetaType();
    for (const QMetaType used : types) {
        if (!used.isValid())
            return QStringLiteral("Qt does not know a type that it uses (include the type's header "
                                  "where the class is declared)");
        if (qstrcmp(used.name(), "QJSValue") == 0
            || used.flags().testFlag(QMetaType::PointerToQObject))
            return QStringLiteral("it uses a %1, which belongs to its thread")
                    .arg(QString::fromUtf8(used.name()));
    }
    return {};
}

/// In a worker.
QVariant invoke(QObject *object, const QMetaMethod &method, QVariantList &args)
{
    constexpr size_t most = 10; // by QMetaMethod
    std::array<QGenericArgument, most> values;
    for (qsizetype i = 0; i < args.size(); ++i) {
        const QMetaType type = method.parameterMetaType(int(i));
        QVariant &value = args[i];
        void *data = type == QMetaType::fromType<QVariant>() ? &value : value.data();
        values[size_t(i)] = QGenericArgument(type.name(), data);
    }
    const QMetaType type = method.returnMetaType();
    const bool isVoid = type == QMetaType::fromType<void>();
    const bool isVariant = type == QMetaType::fromType<QVariant>();
    QVariant result = isVoid || isVariant ? QVariant() : QVariant(type);
    QGenericReturnArgument returned;
    if (!isVoid)
        returned = QGenericReturnArgument(type.name(), isVariant ? &result : result.data());
    const auto &v = values;
    if (!method.invoke(object, Qt::DirectConnection, returned, v[0], v[1], v[2], v[3], v[4], v[5],
                       v[6], v[7], v[8], v[9]))
        throw InvalidUseError(
                QStringLiteral("%1() cannot be invoked").arg(QString::fromUtf8(method.name())));
    return result;
}

RegisteredTask taskOf(const MethodTarget::Ptr &target, const QMetaMethod &method,
                      const QString &name)
{
    auto definition = std::make_shared<TaskDefinition>();
    definition->name = name;
    definition->parameters = parametersOf(method);
    definition->result = method.returnMetaType();
    definition->target = target;
    definition->function = [target, method, name](QVariantList &args) {
        const MethodTarget::Run run(target, name);
        return invoke(run.object(), method, args);
    };
    return RegisteredTask(std::move(definition));
}

} // namespace

RegisteredTask taskOfMethod(const MethodTarget::Ptr &target, const QString &name,
                            const QVariantList &args)
{
    const QObject *object = target ? target->object() : nullptr;
    if (!object)
        throw InvalidUseError(
                QStringLiteral("The object whose method \"%1\" is to be called is null").arg(name));
    const QMetaObject *type = object->metaObject();
    const QString fullName = QStringLiteral("%1.%2").arg(nameOf(type), name);
    std::exception_ptr why;
    for (const QMetaMethod &method : methodsCalled(type, name)) {
        try {
            if (const QString reason = whyRefused(type, method); !reason.isEmpty()) {
                throw InvalidUseError(
                        QStringLiteral("%1 cannot run in a worker: %2")
                                .arg(signatureText(fullName, parametersOf(method)), reason));
            }
            RegisteredTask task = taskOf(target, method, fullName);
            (void)task.convert(args);
            return task;
        } catch (const InvalidUseError &) {
            if (!why || method.parameterCount() == args.size())
                why = std::current_exception();
        }
    }
    std::rethrow_exception(why);
}

RegisteredTask taskOrMethod(const QString &task, const MethodTarget::Ptr &target,
                            const QString &method, const QVariantList &args)
{
    if (task.isEmpty() == method.isEmpty()) {
        throw InvalidUseError(
                QStringLiteral("A run needs either a task, the name of a registered function, or "
                               "target and method"));
    }
    return task.isEmpty() ? taskOfMethod(target, method, args) : RegisteredTask::named(task);
}

} // namespace QFerry::Detail
