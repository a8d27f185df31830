// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/cancelhook.h>
#include <qferry/call/scopestate.h>
#include <qferry/errors.h>

namespace QFerry {

/// Whether the running thread executes a call of toThread().
[[nodiscard]] QFERRY_EXPORT bool isWorkerThread() noexcept;

/// In a worker: throws CanceledError if the call, its scope, or an unshielded ancestor is canceled
/// or past its deadline. Cheap enough for inner loops. Throws NoEventLoopError outside of workers.
QFERRY_EXPORT void checkCanceled();

/// In a worker: whether checkCanceled() would throw. Throws NoEventLoopError outside of workers.
[[nodiscard]] QFERRY_EXPORT bool isCanceled();

/// Keeps a function registered with onCancel(). Ends with its life; then the function does not run
/// any more.
class QFERRY_EXPORT CancelRegistration
{
public:
    CancelRegistration() = default;
    CancelRegistration(CancelRegistration &&other) noexcept = default;
    CancelRegistration &operator=(CancelRegistration &&other) noexcept;
    /// In the worker that called onCancel(). Waits for the function if it is running.
    ~CancelRegistration();

private:
    friend QFERRY_EXPORT CancelRegistration onCancel(std::function<void()> fn);
    Detail::HookPtr m_hook;
};

/// In a worker: runs fn once, at the moment the call is canceled (at once, if it is), in the thread
/// that cancels; for instance to close a socket that the worker blocks on. fn must be quick and
/// must not throw. Throws NoEventLoopError outside of workers, InvalidUseError if fn is empty.
[[nodiscard]] QFERRY_EXPORT CancelRegistration onCancel(std::function<void()> fn);

} // namespace QFerry
