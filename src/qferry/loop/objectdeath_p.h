// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qobject.h>

#include <functional>
#include <memory>

namespace QFerry::Detail {

/**
 * Tells of a QObject's death by means that a program cannot take away: unlike a connection to
 * QObject::destroyed(), this one survives object->disconnect(), and no connectNotify() hears of it.
 *
 * A connection *to* an object keeps its functor until the object goes; so the functor's end tells.
 * The signal is one that nobody sends, of an object that nobody else knows.
 */
class ObjectDeath
{
public:
    ObjectDeath() = default;
    /// Any thread, while the object lives. told() is called once, in the thread that destroys the
    /// object, near the end of ~QObject(); it must not throw.
    ObjectDeath(QObject *object, std::function<void()> told);
    /// Any thread: told() is not called any more, unless it runs already.
    void forget();

private:
    struct Notice;
    std::weak_ptr<Notice> m_notice;
    QMetaObject::Connection m_connection;
};

} // namespace QFerry::Detail
