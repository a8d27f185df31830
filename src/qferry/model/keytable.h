// SPDX-License-Identifier: MIT
// The rows of a model by their keys. In the model's thread.
#pragma once

#include <qferry/model/rowlist.h>

#include <QtCore/qhash.h>

#include <array>
#include <functional>

namespace QFerry::Detail {

/// Many tables instead of one: the one that grows keeps the loop for a moment only, even if there
/// are millions of keys.
template <typename Key>
class KeyTable
{
public:
    ModelRow *find(const Key &key) const { return m_tables[tableOf(key)].value(key, nullptr); }
    void insert(const Key &key, ModelRow *row) { m_tables[tableOf(key)].insert(key, row); }
    void remove(const Key &key) { m_tables[tableOf(key)].remove(key); }

private:
    static constexpr int bits = 6;

    static size_t tableOf(const Key &key)
    {
        constexpr quint64 golden = 0x9E3779B97F4A7C15U; // spreads what a poor hash leaves together
        return size_t((quint64(hashOf(key)) * golden) >> (64 - bits));
    }
    static size_t hashOf(const Key &key)
    {
        if constexpr (requires { qHash(key, size_t(0)); })
            return qHash(key, size_t(0));
        else if constexpr (requires { qHash(key); })
            return qHash(key);
        else
            return std::hash<Key>()(key);
    }

    std::array<QHash<Key, ModelRow *>, size_t(1) << bits> m_tables;
};

} // namespace QFerry::Detail
