// SPDX-License-Identifier: MIT
// How functions are shown to people: asks the system for their symbols. Any thread.
#include "functionname.h"

#include <memory>

#if __has_include(<cxxabi.h>)
#    include <cxxabi.h>
#    define QFERRY_HAS_DEMANGLE
#endif
#if defined(Q_OS_UNIX)
#    include <dlfcn.h>
#endif

namespace QFerry::Detail {

static QString demangled(const char *symbol)
{
#ifdef QFERRY_HAS_DEMANGLE
    int status = 0;
    const std::unique_ptr<char, void (*)(void *)> text(
            abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
    if (text)
        return QString::fromUtf8(text.get());
#endif
    return QString::fromUtf8(symbol);
}

/// "ns::open(QString)::{lambda(int)#1}" is in open; of "std::vector<int> ns::read<int>(int)" read
/// is left.
static QString shortName(QString name)
{
    name.remove(QLatin1String("(anonymous namespace)::"));
    for (const QLatin1Char end : { QLatin1Char('('), QLatin1Char('<') }) {
        if (const qsizetype position = name.indexOf(end); position >= 0)
            name.truncate(position);
    }
    return name.mid(qMax(name.lastIndexOf(QLatin1Char(':')), name.lastIndexOf(QLatin1Char(' ')))
                    + 1);
}

/// A lambda that is in no function has only what its compiler makes up: "{lambda", "$_0",
/// "'lambda'".
static bool isName(const QString &name)
{
    return !name.isEmpty() && (name.front().isLetter() || name.front() == QLatin1Char('_'));
}

static QString symbolAt(const void *address)
{
#if defined(Q_OS_UNIX)
    Dl_info info = {};
    if (address && dladdr(address, &info) != 0 && info.dli_sname && info.dli_saddr == address)
        return demangled(info.dli_sname);
#else
    Q_UNUSED(address)
#endif
    return {};
}

QString typeName(const std::type_info &type)
{
    return demangled(type.name());
}

QString functionName(const void *address, const std::type_info *type, const char *file, int line)
{
    const QString symbol = type ? typeName(*type) : symbolAt(address);
    if (QString name = shortName(symbol); isName(name))
        return name;
    const QString path = QString::fromUtf8(file);
    return path.mid(qMax(path.lastIndexOf(QLatin1Char('/')), path.lastIndexOf(QLatin1Char('\\')))
                    + 1)
           + QLatin1Char(':') + QString::number(line);
}

} // namespace QFerry::Detail
