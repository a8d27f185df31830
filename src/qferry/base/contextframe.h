// SPDX-License-Identifier: MIT
// What a Context is made of, and in which of them a thread runs. Contents may be read in any
// thread; a frame is its thread's.
#pragma once

#include <qferry/global.h>

#include <QtCore/qshareddata.h>
#include <QtCore/qvarlengtharray.h>

#include <memory>
#include <utility>

namespace QFerry::Detail {

/// What other rooms keep in a context without this one knowing them: the current scope, the token
/// to share.
struct QFERRY_EXPORT ContextPart : QSharedData
{
    virtual ~ContextPart();
};

/// The values of context variables, which are few; immutable, once others share them.
struct ContextValues : QSharedData
{
    struct Entry
    {
        const void *key;
        std::shared_ptr<const void> value;
    };
    QVarLengthArray<Entry, 4> entries;
};

/// The immutable contents of a context; null stands for an empty one.
struct ContextData : QSharedData
{
    /// Null if there is none.
    const std::shared_ptr<const void> *value(const void *key) const;
    /// In one that nobody else refers to yet. Null removes the value.
    void setValue(const void *key, std::shared_ptr<const void> value);

    QExplicitlySharedDataPointer<const ContextValues> values; // null if there are none
    QExplicitlySharedDataPointer<ContextPart> scope;
    QExplicitlySharedDataPointer<ContextPart> loan;
};
using ContextPtr = QExplicitlySharedDataPointer<ContextData>;

/// While it lives, this thread runs in the given context. Frames nest; writes touch the innermost
/// one alone.
class QFERRY_EXPORT ContextFrame
{
public:
    /// id: that of the frame which this one goes on from, if it has been given one.
    explicit ContextFrame(ContextPtr data, quint64 id = 0) noexcept;
    ~ContextFrame();
    Q_DISABLE_COPY_MOVE(ContextFrame)

    static ContextFrame &current();

    /// The contents of the running thread's context; null if there are none.
    static ContextPtr currentData() { return current().m_data; }
    const ContextPtr &data() const { return m_data; }
    /// A copy of the contents, in their place, to write into.
    ContextData *detach();
    /// Has the scope and the loan of the contents from before again; what variables were set to
    /// since stays, but where there is no memory for that.
    void leaveScope(const ContextPtr &before) noexcept;
    /// What was written into the copy left nothing in it: null stands for that.
    void dropIfEmpty();
    /// Distinguishes this frame from all others, past and present.
    quint64 id();
    /// The same, if somebody has asked for it; else 0.
    quint64 givenId() const { return m_id; }

private:
    struct ThreadBase
    {};
    explicit ContextFrame(ThreadBase) noexcept {}
    static ContextFrame &threadBase();

    ContextPtr m_data;
    ContextFrame *m_outer = nullptr;
    quint64 m_id = 0; // 0: none yet
};

QFERRY_EXPORT const std::shared_ptr<const void> *findContextValue(const void *key);
QFERRY_EXPORT void setContextValue(const void *key, std::shared_ptr<const void> value);
[[noreturn]] QFERRY_EXPORT void throwForeignContextToken();

} // namespace QFerry::Detail
