// SPDX-License-Identifier: MIT
// What QFerry.run() is asked for. In the engine's thread.
#pragma once

#include <qferry/calloptions.h>
#include <qferryqml/registeredtask.h>

#include <QtQml/qjsvalue.h>

namespace QFerry::Detail {

/// A task and how it is to run.
struct RunRequest
{
    /// Of a name, or of an object with the properties that ThreadTask has. Throws InvalidUseError.
    static RunRequest of(const QJSValue &what, const QVariantList &args);

    RegisteredTask task;
    CallOptions options;
    int abandonAfter = 0; // milliseconds
    QJSValue onProgress;
};

} // namespace QFerry::Detail
