// SPDX-License-Identifier: MIT
// Items that were given to takes which nobody looked at. Under a lock of their owner's.
#pragma once

#include <QtCore/qglobal.h>

#include <map>
#include <new>
#include <optional>
#include <utility>

namespace QFerry::Detail {

/// What came back, in the order in which it had been taken: each item has a ticket, which says so.
template <typename T>
class ReturnedItems
{
    using Items = std::map<quint64, std::optional<T>>; // a node may be empty: one is to spare
    using Node = typename Items::node_type;

public:
    ReturnedItems() : m_spareNode(makeNode()) {}

    bool isEmpty() const { return m_items.empty(); }
    /// False, and the item is lost, if there is no memory: there is for one, always.
    bool add(quint64 ticket, T &&item) noexcept
    {
        auto node = makeNodeOrTakeSpare();
        if (node.empty())
            return false;
        node.key() = ticket;
        node.mapped().emplace(std::move(item));
        m_items.insert(std::move(node));
        return true;
    }
    /// Only if there is one.
    T takeFirst()
    {
        auto first = m_items.extract(m_items.begin());
        T item(std::move(*first.mapped()));
        first.mapped().reset();
        m_spareNode = std::move(first);
        return item;
    }

private:
    static Node makeNode()
    {
        Items one;
        one.try_emplace(0);
        return one.extract(one.begin());
    }
    Node makeNodeOrTakeSpare()
    {
        try {
            return makeNode();
        } catch (const std::bad_alloc &) {
            return std::move(m_spareNode);
        }
    }

    Items m_items;
    Node m_spareNode;
};

} // namespace QFerry::Detail
