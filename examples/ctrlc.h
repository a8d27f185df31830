// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/qferry.h>

#include <QSocketNotifier>

#include <csignal>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>

/// Ctrl+C, and what else asks a program to end, as an event of the loop. A second one ends it at
/// once.
class CtrlC
{
public:
    CtrlC()
    {
        std::signal(SIGINT, handle);
        std::signal(SIGTERM, handle);
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] {
            m_notifier.setEnabled(false);
            m_event.set();
        });
    }

    /// Ends when it was pressed.
    QFerry::PendingCall<void> pressed() { return m_event.wait(); }
    /// What the program is to exit with.
    static int exitCode() { return s_signal == 0 ? 0 : 128 + s_signal; }

private:
    static void handle(int signal)
    {
        if (s_signal.exchange(signal) != 0)
            std::_Exit(128 + signal);
        [[maybe_unused]] const auto written =
                ::write(s_ends[0], "!", 1); // all that is allowed here
    }
    static int readEnd()
    {
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, s_ends) != 0)
            qFatal("socketpair() failed");
        return s_ends[1];
    }

    static inline std::atomic<int> s_signal = 0;
    static inline int s_ends[2];
    QSocketNotifier m_notifier{ readEnd(), QSocketNotifier::Read };
    QFerry::Event m_event;
};
