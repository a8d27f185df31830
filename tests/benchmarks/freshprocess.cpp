// SPDX-License-Identifier: MIT
#include "freshprocess.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qprocess.h>

namespace Bench {

namespace {

constexpr int longest = 60'000; // milliseconds

bool run(QProcess &process, const QString &program, const QStringList &arguments)
{
    process.start(program, arguments);
    return process.waitForFinished(longest) && process.exitStatus() == QProcess::NormalExit
           && process.exitCode() == 0;
}

} // namespace

Samples measureInFreshProcess(const QString &measurement, const QString &way,
                              const QHash<QString, QString> &environment)
{
    QStringList arguments = { u"--fresh"_s, measurement, way };
    if (isTrial())
        arguments.prepend(u"--trial"_s);
    return measureWithProgram(QCoreApplication::applicationFilePath(), arguments, environment);
}

Samples measureWithProgram(const QString &program, const QStringList &arguments,
                           const QHash<QString, QString> &environment)
{
    QProcess process;
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    for (auto it = environment.cbegin(); it != environment.cend(); ++it)
        variables.insert(it.key(), it.value());
    process.setProcessEnvironment(variables);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    if (!run(process, program, arguments))
        qFatal("%s %s failed", qUtf8Printable(program), qUtf8Printable(arguments.join(u' ')));

    Samples samples;
    const QList<QByteArray> words = process.readAllStandardOutput().simplified().split(' ');
    for (const QByteArray &word : words)
        samples.push_back(word.toDouble());
    return samples;
}

bool canRun(const QString &program, const QStringList &arguments)
{
    QProcess process;
    return run(process, program, arguments);
}

void printSamples(const Samples &samples)
{
    for (const double sample : samples)
        printLine(QString::number(sample, 'f', 3));
}

} // namespace Bench
