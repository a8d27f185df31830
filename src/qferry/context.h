// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/base/contextframe.h>
#include <qferry/errors.h>

#include <QtCore/qstring.h>

#include <functional>
#include <memory>
#include <utility>

namespace QFerry {

/// The values of all context variables at one moment. Cheap to copy; may be kept and used in any
/// thread.
class Context
{
public:
    /// The running thread's context.
    [[nodiscard]] static Context current() { return Context(Detail::ContextFrame::currentData()); }

    /// Runs fn in a copy of this context and returns what it returns; what fn writes is gone
    /// afterwards.
    template <typename F>
    decltype(auto) run(F &&fn) const
    {
        Detail::ContextFrame frame(m_data);
        return std::invoke(std::forward<F>(fn));
    }

private:
    explicit Context(Detail::ContextPtr data) : m_data(std::move(data)) {}

    Detail::ContextPtr m_data;
};

/// Restores what a ContextVar was before one set().
class ContextToken
{
    template <typename T>
    friend class ContextVar;

    const void *m_key = nullptr;
    quint64 m_frame = 0;
    std::shared_ptr<const void> m_old;
};

/**
 * A variable that each call, and each thread, has its own value of. Calls start with the values
 * that their caller had at the moment of the call; what they write stays in them.
 *
 * Declare it at namespace scope: it must outlive every call that uses it. All functions may be
 * called in any thread; each thread sees its own values. That holds until the last destructor of a
 * thread_local or static object has run; what the thread itself had set may be gone by then, and
 * get() returns the default. A plugin that may be unloaded resets what it has set in threads that
 * outlive it: the value is destroyed by code of the plugin.
 *
 * A coroutine begins in the context of who starts it: what it sets before it is first suspended is
 * set there, and stays (Context::current().run(coroutine) keeps it apart). Then it has a copy of
 * its own, which it keeps over co_await of a PendingCall and of inContext(); co_await of anything
 * else goes on in the context of whoever resumes it.
 */
template <typename T>
class ContextVar
{
public:
    explicit ContextVar(QString name, T fallback = T())
        : m_name(std::move(name)), m_fallback(std::move(fallback))
    {}
    explicit ContextVar(const char *name, T fallback = T())
        : ContextVar(QString::fromUtf8(name), std::move(fallback))
    {}
    Q_DISABLE_COPY_MOVE(ContextVar)

    QString name() const { return m_name; }

    /// The value in the running thread's context, or the default.
    [[nodiscard]] T get() const
    {
        const auto *value = Detail::findContextValue(this);
        return value && *value ? *static_cast<const T *>(value->get()) : m_fallback;
    }

    /// Sets the value for the rest of this call (outside of calls: of this thread).
    ContextToken set(T value)
    {
        ContextToken token;
        token.m_key = this;
        token.m_frame = Detail::ContextFrame::current().id();
        if (const auto *old = Detail::findContextValue(this))
            token.m_old = *old;
        Detail::setContextValue(this, std::make_shared<const T>(std::move(value)));
        return token;
    }

    /// Puts back what set() replaced. Throws InvalidUseError if the token is of another variable or
    /// context.
    void reset(const ContextToken &token)
    {
        if (token.m_key != this || token.m_frame != Detail::ContextFrame::current().id())
            Detail::throwForeignContextToken();
        Detail::setContextValue(this, token.m_old);
    }

private:
    const QString m_name;
    const T m_fallback;
};

} // namespace QFerry
