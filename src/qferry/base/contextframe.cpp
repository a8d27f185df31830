// SPDX-License-Identifier: MIT
// Frames are found by a pointer of their thread, which is entered alone.
#include "contextframe.h"

#include <qferry/errors.h>

#include <atomic>
#include <cstddef>
#include <new>

namespace QFerry::Detail {

ContextPart::~ContextPart() = default;

const std::shared_ptr<const void> *ContextData::value(const void *key) const
{
    if (!values)
        return nullptr;
    for (const ContextValues::Entry &entry : values->entries) {
        if (entry.key == key)
            return &entry.value;
    }
    return nullptr;
}

void ContextData::setValue(const void *key, std::shared_ptr<const void> value)
{
    const QExplicitlySharedDataPointer changed(new ContextValues);
    auto &entries = changed->entries;
    if (value)
        entries.append({ key, std::move(value) }); // first: it is the likeliest to be asked for
    if (values) {
        for (const ContextValues::Entry &entry : values->entries) {
            if (entry.key != key)
                entries.append(entry);
        }
    }
    values.reset(entries.isEmpty() ? nullptr : changed.data());
}

// The innermost frame; null while the thread has entered none. A plain pointer, so that it can
// still be read while the thread's other thread_local objects are being destroyed.
static thread_local ContextFrame *t_innermost = nullptr;

ContextFrame::ContextFrame(ContextPtr data, quint64 id) noexcept
    : m_data(std::move(data)), m_outer(std::exchange(t_innermost, this)), m_id(id)
{}

ContextFrame::~ContextFrame()
{
    if (t_innermost == this)
        t_innermost = m_outer;
}

ContextFrame &ContextFrame::current()
{
    return t_innermost ? *t_innermost : threadBase();
}

/// What the thread has outside of all frames. It is never destroyed, only emptied when the thread
/// ends: the destructors of other thread_local objects, and of static ones, may come after that and
/// still use variables. (Only what they set, and do not reset, is never given back.)
ContextFrame &ContextFrame::threadBase()
{
    alignas(ContextFrame) static thread_local std::byte place[sizeof(ContextFrame)];
    static thread_local ContextFrame *base = nullptr;
    if (Q_UNLIKELY(!base)) {
        base = new (place) ContextFrame(ThreadBase{});
        struct End
        {
            ~End() { base->m_data.reset(); }
        };
        static thread_local End end;
        Q_UNUSED(end);
    }
    return *base;
}

ContextData *ContextFrame::detach()
{
    // Always a new one: what other threads may have seen is never written to.
    m_data.reset(m_data ? new ContextData(*m_data) : new ContextData);
    return m_data.data();
}

void ContextFrame::leaveScope(const ContextPtr &before) noexcept
{
    const ContextPtr left = std::exchange(m_data, before); // values' destructors are foreign
    const auto *valuesBefore = before ? before->values.data() : nullptr;
    if (!left || left->values.data() == valuesBefore)
        return;
    try {
        detach()->values = left->values;
        dropIfEmpty();
    } catch (const std::bad_alloc &) {
    }
}

void ContextFrame::dropIfEmpty()
{
    if (!m_data->values && !m_data->scope && !m_data->loan)
        m_data.reset();
}

quint64 ContextFrame::id()
{
    static std::atomic<quint64> last{ 0 };
    if (m_id == 0)
        m_id = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return m_id;
}

const std::shared_ptr<const void> *findContextValue(const void *key)
{
    const ContextPtr &data = ContextFrame::current().data();
    return data ? data->value(key) : nullptr;
}

void setContextValue(const void *key, std::shared_ptr<const void> value)
{
    ContextFrame &frame = ContextFrame::current();
    const ContextPtr old = frame.data(); // a value's destructor is foreign: it finds the new ones
    frame.detach()->setValue(key, std::move(value));
    frame.dropIfEmpty();
}

void throwForeignContextToken()
{
    throw InvalidUseError(
            QStringLiteral("ContextVar::reset() was given a token of another variable or context. "
                           "Reset in the call, or thread, that called set()"));
}

} // namespace QFerry::Detail
