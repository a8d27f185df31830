// SPDX-License-Identifier: MIT
#include "freshprocess.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qprocess.h>

namespace Bench {

Samples measureInFreshProcess(const QString &measurement, const QString &way,
                              const QHash<QString, QString> &environment)
{
    QProcess process;
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    for (auto it = environment.cbegin(); it != environment.cend(); ++it)
        variables.insert(it.key(), it.value());
    process.setProcessEnvironment(variables);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    QStringList arguments = { u"--fresh"_s, measurement, way };
    if (isTrial())
        arguments.prepend(u"--trial"_s);
    process.start(QCoreApplication::applicationFilePath(), arguments);
    if (!process.waitForFinished(60'000) || process.exitCode() != 0)
        qFatal("The measurement %s of %s failed", qUtf8Printable(measurement), qUtf8Printable(way));

    Samples samples;
    const QList<QByteArray> words = process.readAllStandardOutput().simplified().split(' ');
    for (const QByteArray &word : words)
        samples.push_back(word.toDouble());
    return samples;
}

void printSamples(const Samples &samples)
{
    for (const double sample : samples)
        printLine(QString::number(sample, 'f', 3));
}

} // namespace Bench
