// SPDX-License-Identifier: MIT
#pragma once

#include <qferryqml/global.h>

#include <QtCore/qvariant.h>

namespace QFerry {

/**
 * What an exception tells QML besides its message: a second base of an exception type.
 *
 *     struct HttpError : std::runtime_error, QFerry::ErrorDetails
 *     {
 *         explicit HttpError(int status)
 *             : std::runtime_error("The server refused"), ErrorDetails({ { "status", status } })
 *         {}
 *     };
 *
 *     onFailed: error => { if (error.details?.status === 404) … } // of ThreadTask and of promises
 *
 * The values go to the engine's thread: none may belong to the one that throws. An error whose
 * details are empty has none.
 */
class QFERRYQML_EXPORT ErrorDetails
{
public:
    explicit ErrorDetails(QVariantMap details) : m_details(std::move(details)) {}
    virtual ~ErrorDetails();

    QVariantMap details() const { return m_details; }

protected:
    ErrorDetails(const ErrorDetails &) = default;
    ErrorDetails &operator=(const ErrorDetails &) = default;

private:
    QVariantMap m_details;
};

} // namespace QFerry
