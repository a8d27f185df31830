// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qlogging.h>
#include <QtCore/qstringlist.h>

#include <cstring>
#include <mutex>

namespace Testing {

/// While it lives, keeps what is logged in the category "qferry", in any thread, instead of showing
/// it.
class QFerryMessages
{
public:
    QFerryMessages()
    {
        s_current = this;
        s_previous = qInstallMessageHandler(&QFerryMessages::handle);
    }
    ~QFerryMessages()
    {
        qInstallMessageHandler(s_previous);
        const std::lock_guard lock(s_mutex);
        s_current = nullptr;
    }
    Q_DISABLE_COPY_MOVE(QFerryMessages)

    QStringList all() const
    {
        const std::lock_guard lock(s_mutex);
        return m_messages;
    }
    qsizetype count() const { return all().size(); }

private:
    static void handle(QtMsgType type, const QMessageLogContext &context, const QString &message)
    {
        if (std::strcmp(context.category ? context.category : "", "qferry") != 0) {
            s_previous(type, context, message);
            return;
        }
        const std::lock_guard lock(s_mutex);
        if (s_current)
            s_current->m_messages << message;
    }

    static inline std::mutex s_mutex;
    static inline QFerryMessages *s_current = nullptr;
    static inline QtMessageHandler s_previous = nullptr;
    QStringList m_messages;
};

} // namespace Testing
