// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/call/cancelhook.h>
#include <qferry/call/scopestate.h>
#include <qferry/errors.h>

namespace QFerry {

/// Whether the running thread executes a call of toThread().
[[nodiscard]] QFERRY_EXPORT bool isWorkerThread() noexcept;

/// In a worker: throws CanceledError if the call, its scope, or an unshielded ancestor is canceled
/// or past its deadline. In a task, and in what else runs in a scope, the same of the current
/// scope. Cheap enough for inner loops. Throws NoEventLoopError where there is neither.
QFERRY_EXPORT void checkCanceled();

/// Whether checkCanceled() would throw. Throws NoEventLoopError as that does.
[[nodiscard]] QFERRY_EXPORT bool isCanceled();

/// Keeps a function registered with onCancel(). Ends with its life; then the function does not run
/// any more.
class QFERRY_EXPORT CancelRegistration
{
public:
    CancelRegistration() = default;
    CancelRegistration(CancelRegistration &&other) noexcept = default;
    CancelRegistration &operator=(CancelRegistration &&other) noexcept;
    /// In the worker, or task, that called onCancel(). Waits for the function if it is running.
    ~CancelRegistration();

private:
    friend QFERRY_EXPORT CancelRegistration onCancel(std::function<void()> fn);
    Detail::HookPtr m_hook;
};

/// In a worker, task or scope: runs fn once, at the moment that is canceled (at once, if it is), in
/// the thread that cancels; for instance to close a socket that the worker blocks on. fn must be
/// quick and must not throw. Throws NoEventLoopError elsewhere, InvalidUseError if fn is empty.
[[nodiscard]] QFERRY_EXPORT CancelRegistration onCancel(std::function<void()> fn);

} // namespace QFerry
