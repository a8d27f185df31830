// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/taskdefinition.h>

#include <QtCore/qstringlist.h>

namespace QFerry {

/**
 * A function that registerTask() has made known, to be called by name with values that come from
 * anywhere, QML above all. ThreadTask and ThreadStreamModel are built on it.
 *
 * A function, or a promise function, makes one result: call(). A generator makes items: stream().
 * Its consumer asks for them, and it waits, at most StreamOptions::maxSize items ahead, while
 * nobody does:
 *
 *     const auto task = RegisteredTask::named("lines");
 *     if (!task.isGenerator())
 *         throw ...;
 *     Stream<QVariant> stream = task.stream(args, { .maxSize = 256 }); // checks and converts args
 *
 *     // some at a time; an empty vector is the end
 *     stream.nextBatch(100).then(this, [](const std::vector<QVariant> &items) { ... });
 *
 *     // or all, as they come
 *     std::move(stream).forEachBatch(this, [](std::span<QVariant> items) { ... });
 *
 * nextBatch() is asked again for each further batch: so the consumer sets the pace. The generator's
 * error is that of nextBatch(), or of forEachBatch(), behind the items that came before it.
 * close(), or destroying the stream, ends the generator at once and never waits.
 *
 * A copy costs a reference. All functions may be called in any thread, but values that belong to a
 * QML engine (QJSValue) must be given to convert(), call() and stream() in the engine's thread.
 */
class QFERRYQML_EXPORT RegisteredTask
{
public:
    /// No task.
    RegisteredTask() = default;

    /// The task registered under that name. Throws InvalidUseError, which names similar ones, if
    /// there is none.
    static RegisteredTask named(const QString &name);
    /// What is registered, sorted.
    static QStringList names();

    bool isValid() const { return bool(d); }
    QString name() const;
    /// As people write it: "hashFile(QString, int)".
    QString signature() const;
    QList<QMetaType> parameters() const;
    /// Whether it is stream() that runs it, not call().
    bool isGenerator() const;
    /// The type of the result, or, of a generator, of an item.
    QMetaType resultType() const;

    /// The values as the function's parameters: of exactly their types, with nothing of a QML
    /// engine left in them. Throws InvalidUseError, which shows the signature, if their number is
    /// wrong, one of them cannot be converted without loss, or one is a JavaScript function or a
    /// QObject.
    QVariantList convert(const QVariantList &args) const;

    /// Runs the function in a worker. The call's name is the task's unless options say otherwise.
    /// Its first progress report, of nothing, says that the function has started. Throws
    /// InvalidUseError as convert() does, and for a generator.
    ///
    /// An asynchronous one runs in this thread, through its event loop, and needs a token only if
    /// options name a limiter; what they say of threads and of the application's end is not for it.
    /// The call reports no progress.
    PendingCall<QVariant> call(const QVariantList &args, const CallOptions &options = {}) const;

    /// Makes a stream of the generator's items; it starts when the first is asked for. Throws
    /// InvalidUseError as convert() does, if options.maxSize is negative, and if this is no
    /// generator.
    Stream<QVariant> stream(const QVariantList &args, const StreamOptions &options = {}) const;

    /// call() with what convert() returned. If this is a promise function, its results and progress
    /// are put into *reports, if that is given. The sink is told of the beginning and the progress
    /// of an asynchronous one.
    PendingCall<QVariant> callConverted(QVariantList values, const CallOptions &options,
                                        Detail::PromiseReports *reports,
                                        const Detail::ProgressSink &sink = {}) const;
    /// Whether both run the same function, or the same method of the same object.
    bool isSameAs(const RegisteredTask &other) const;
    /// Throws InvalidUseError if the task is a generator.
    void requireFunction() const;

    explicit RegisteredTask(Detail::TaskPtr definition) : d(std::move(definition)) {}

private:
    Detail::TaskPtr d;
};

} // namespace QFerry
