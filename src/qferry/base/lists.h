// SPDX-License-Identifier: MIT
// The lists of the house, whose elements carry their links: to get into one takes no memory and
// cannot fail. None owns what is in it.
#pragma once

#include <QtCore/qglobal.h>

#include <atomic>
#include <utility>

namespace QFerry::Detail {

/// What an element of a LinkedList<T> derives from. An element of two lists has a tag for each.
template <typename T, typename Tag = void>
class ListLink
{
public:
    bool isLinked() const { return m_next; }
    /// Leaves the list that it is in.
    void unlink()
    {
        m_previous->m_next = m_next;
        m_next->m_previous = m_previous;
        m_previous = m_next = nullptr;
    }

protected:
    ListLink() = default;
    ~ListLink() = default;
    Q_DISABLE_COPY_MOVE(ListLink)

private:
    template <typename, typename>
    friend class LinkedList;
    template <typename>
    friend class MarkedStack;
    ListLink *m_previous = nullptr;
    ListLink *m_next = nullptr;
};

/// A doubly linked list, for one thread at a time. (A ring: its ends are linked to one another.)
template <typename T, typename Tag = void>
class LinkedList
{
    using Link = ListLink<T, Tag>;
    struct Ends final : Link
    {};

public:
    class Iterator
    {
    public:
        explicit Iterator(Link *link) : m_link(link) {}
        T *operator*() const { return static_cast<T *>(m_link); }
        Iterator &operator++()
        {
            m_link = m_link->m_next;
            return *this;
        }
        bool operator==(const Iterator &other) const = default;

    private:
        Link *m_link;
    };

    LinkedList() { clear(); }
    ~LinkedList() = default;
    Q_DISABLE_COPY_MOVE(LinkedList)

    bool isEmpty() const { return m_ends.m_next == &m_ends; }
    /// Null if there is none.
    T *first() const { return elementAt(m_ends.m_next); }
    T *last() const { return elementAt(m_ends.m_previous); }
    void append(T *element) { link(element, m_ends.m_previous, &m_ends); }
    void prepend(T *element) { link(element, &m_ends, m_ends.m_next); }
    /// What comes behind the element; null if that is the last.
    T *next(const T *element) const
    {
        return elementAt(static_cast<const Link *>(element)->m_next);
    }
    /// Null if there is none.
    T *takeFirst()
    {
        T *element = first();
        if (element)
            static_cast<Link *>(element)->unlink();
        return element;
    }
    /// Appends all that the other has, which has nothing then.
    void appendAll(LinkedList &other)
    {
        if (other.isEmpty())
            return;
        Link *const first = other.m_ends.m_next;
        Link *const last = other.m_ends.m_previous;
        first->m_previous = std::exchange(m_ends.m_previous, last);
        first->m_previous->m_next = first;
        last->m_next = &m_ends;
        other.clear();
    }

    /// \name For loops that unlink nothing but what they have passed
    /// @{
    Iterator begin() const { return Iterator(m_ends.m_next); }
    Iterator end() const { return Iterator(const_cast<Ends *>(&m_ends)); }
    /// @}

private:
    void clear() { m_ends.m_previous = m_ends.m_next = &m_ends; }
    static void link(Link *element, Link *previous, Link *next)
    {
        element->m_previous = previous;
        element->m_next = next;
        previous->m_next = next->m_previous = element;
    }
    T *elementAt(Link *link) const { return link == &m_ends ? nullptr : static_cast<T *>(link); }

    Ends m_ends;
};

/**
 * A lock-free stack that many threads push to and one takes whole. At its bottom is null or a mark,
 * and what those say is its user's: that somebody comes for what arrives, that nothing may arrive
 * any more.
 *
 * T has a pointer `m_next`, the stack's for as long as the element is in it.
 */
template <typename T>
class MarkedStack
{
public:
    /// No element.
    static T *mark() { return reinterpret_cast<T *>(quintptr(1)); }
    static bool isElement(const T *top) { return quintptr(top) > 1; }

    /// The element that was pushed last; null or the mark if there is none.
    T *top(std::memory_order order) const { return m_top.load(order); }

    /// Returns what was on top. If that is `refusing`, a bottom, the element does not get in.
    T *push(T *element, const T *refusing, std::memory_order pushed, std::memory_order refused)
    {
        T *top = m_top.load(refused);
        do {
            if (top == refusing)
                return top;
            element->m_next = elementOrNull(top);
        } while (!m_top.compare_exchange_weak(top, element, pushed, refused));
        return top;
    }
    T *push(T *element, std::memory_order pushed)
    {
        T *top = m_top.load(std::memory_order_relaxed);
        do {
            element->m_next = elementOrNull(top);
        } while (!m_top.compare_exchange_weak(top, element, pushed, std::memory_order_relaxed));
        return top;
    }

    /// Takes all elements and leaves another bottom. Returns what was on top.
    T *takeAll(T *bottom, std::memory_order order) { return m_top.exchange(bottom, order); }
    /// Changes the bottom, if there is nothing else.
    bool exchangeBottom(T *from, T *to, std::memory_order order)
    {
        return m_top.compare_exchange_strong(from, to, order);
    }
    /// The same as takeAll(), where nobody can push meanwhile.
    void setBottom(T *bottom, std::memory_order order) { m_top.store(bottom, order); }

    /// A chain of what was taken: the oldest first, linked by `m_next`, null at its end.
    static T *oldestFirst(T *top)
    {
        T *oldest = nullptr;
        while (isElement(top)) {
            T *following = next(top);
            top->m_next = oldest;
            oldest = std::exchange(top, following);
        }
        return oldest;
    }
    static T *next(const T *element) { return static_cast<T *>(element->m_next); }

private:
    /// m_next may be a pointer to a base of T: the mark must not be converted to that.
    static T *elementOrNull(T *top) { return isElement(top) ? top : nullptr; }

    std::atomic<T *> m_top{ nullptr };
};

} // namespace QFerry::Detail
