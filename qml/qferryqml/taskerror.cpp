// SPDX-License-Identifier: MIT
#include "taskerror_p.h"

#include <qferry/errors.h>

#include <memory>
#include <typeinfo>

#if __has_include(<cxxabi.h>)
#    include <cxxabi.h>
#    define QFERRY_HAS_DEMANGLE
#endif

namespace QFerry::Detail {

static QString typeName(const std::type_info &type)
{
    QString name = QString::fromUtf8(type.name());
#ifdef QFERRY_HAS_DEMANGLE
    int status = 0;
    const std::unique_ptr<char, void (*)(void *)> text(
            abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
    if (text)
        name = QString::fromUtf8(text.get());
#endif
    const QLatin1String ours("QFerry::");
    return name.startsWith(ours) ? name.mid(ours.size()) : name;
}

TaskError TaskError::of(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        return { typeName(typeid(e)), QString::fromUtf8(e.what()) };
    } catch (...) {
        return { QStringLiteral("unknown"),
                 QStringLiteral("something that is no std::exception was thrown") };
    }
}

TaskError TaskError::canceled()
{
    return of(std::make_exception_ptr(CanceledError()));
}

QVariantMap TaskError::toMap() const
{
    return { { QStringLiteral("name"), name }, { QStringLiteral("message"), message } };
}

} // namespace QFerry::Detail
