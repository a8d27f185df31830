// SPDX-License-Identifier: MIT
// A group and its place among the rows. In the window's thread.
#pragma once

#include "duplicategroups.h"

#include <algorithm>

/// What the rows are sorted by; no two groups have the same one.
struct DuplicateGroups::Key
{
    qint64 bytes = 0;
    QString name;
    int number = 0;

    friend bool operator<(const Key &a, const Key &b)
    {
        if (a.bytes != b.bytes)
            return a.bytes > b.bytes;
        if (const int order = a.name.compare(b.name, Qt::CaseInsensitive))
            return order < 0;
        return a.number < b.number;
    }
};

struct DuplicateGroups::Group
{
    const int number;
    const qint64 size;
    QList<FoundFile *> files = {};
    int selected = 0;
    Key key = {};           // by which it stands where it does
    bool isShown = false;   // has a row
    bool isChanged = false; // and will be looked at
    int shownFiles = 0;     // that have a row

    qint64 space() const { return size * std::max<qint64>(files.size() - 1, 0); }
};
