// SPDX-License-Identifier: MIT
// Who may still log while the application goes. Any thread.
#include "logging_p.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace QFerry::Detail {

using namespace std::chrono_literals;

Q_LOGGING_CATEGORY(lcQFerry, "qferry")

constexpr auto longestMessage = 500ms; // a message handler may wait for the thread that ends

static std::atomic<bool> s_isSilent{ false };
static std::atomic<int> s_permits{ 0 };

QString describe(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &e) {
        return QString::fromUtf8(e.what());
    } catch (...) {
        return QStringLiteral("something that is no std::exception");
    }
}

LogPermit::LogPermit() noexcept
    : m_isGranted(s_permits.fetch_add(1, std::memory_order_seq_cst) >= 0
                  && !s_isSilent.load(std::memory_order_seq_cst))
{}

LogPermit::~LogPermit()
{
    s_permits.fetch_sub(1, std::memory_order_seq_cst);
}

void LogPermit::setGranted(bool isGranted)
{
    s_isSilent.store(!isGranted, std::memory_order_seq_cst);
    if (isGranted) {
        // Without an application's end, when main() returns: before Qt's own, which are older.
        static const int atExit = std::atexit([] { setGranted(false); });
        Q_UNUSED(atExit);
        return;
    }
    const auto end = std::chrono::steady_clock::now() + longestMessage;
    while (s_permits.load(std::memory_order_seq_cst) > 0 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(1ms);
}

} // namespace QFerry::Detail
