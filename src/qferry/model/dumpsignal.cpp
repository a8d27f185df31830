// SPDX-License-Identifier: MIT
// What runs, written when the system's signal comes. Its handler, in any thread, only writes a byte
// into a pipe; a thread of its own reads that, and does the rest.
#include <qferry/programinfo.h>

#if defined(Q_OS_UNIX)
#    include <atomic>
#    include <cerrno>
#    include <csignal>
#    include <exception>
#    include <thread>

#    include <fcntl.h>
#    include <unistd.h>
#endif

namespace QFerry {

#if defined(Q_OS_UNIX)

namespace {

// What the handler reads.
std::atomic<int> s_writeEnd{ -1 };
std::atomic<pid_t> s_process{ 0 };
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

void handle(int)
{
    if (getpid() != s_process.load(std::memory_order_relaxed))
        return; // a child of fork(), which has the pipe but not the thread
    const int error = errno;
    const char byte = 0;
    [[maybe_unused]] const ssize_t written =
            ::write(s_writeEnd.load(std::memory_order_acquire), &byte, 1);
    errno = error;
}

void writeAll(const QByteArray &text)
{
    for (qsizetype done = 0; done < text.size();) {
        const ssize_t written =
                ::write(STDERR_FILENO, text.constData() + done, size_t(text.size() - done));
        if (written < 0 && errno != EINTR)
            return;
        done += qMax(written, ssize_t(0));
    }
}

void serve(int readEnd)
{
    char bytes[64]; // as many signals as came meanwhile have one answer
    for (;;) {
        const ssize_t count = ::read(readEnd, bytes, sizeof(bytes));
        if (count < 0 && errno != EINTR)
            return;
        if (count <= 0)
            continue;
        try {
            writeAll(dumpCalls().toUtf8());
        } catch (const std::exception &) { // there is no memory
            writeAll("QFerry: there is no memory to tell what runs\n");
        }
    }
}

bool setFlags(int end)
{
    return fcntl(end, F_SETFD, FD_CLOEXEC) == 0;
}

/// With all signals blocked: the thread is to serve them, not to be interrupted by them.
bool startThread(int readEnd)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool isStarted = true;
    try {
        std::thread([readEnd] { serve(readEnd); }).detach();
    } catch (const std::exception &) {
        isStarted = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return isStarted;
}

bool begin()
{
    int ends[2] = {};
    if (pipe(ends) != 0)
        return false;
    // A handler must not wait for room.
    const bool isReady = setFlags(ends[0]) && setFlags(ends[1])
                         && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 && startThread(ends[0]);
    if (!isReady) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    s_process.store(getpid(), std::memory_order_relaxed);
    s_writeEnd.store(ends[1], std::memory_order_release);
    return true;
}

} // namespace

bool dumpCallsOn(int signal)
{
    static const bool hasBegun = begin();
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return hasBegun && sigaction(signal, &action, nullptr) == 0;
}

#else

bool dumpCallsOn(int)
{
    return false;
}

#endif

} // namespace QFerry
