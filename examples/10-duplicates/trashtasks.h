// SPDX-License-Identifier: MIT
#pragma once

#include "foundfile.h"

#include <qferry/yield.h>

/// A file that is moved to the trash, or back.
struct TrashItem
{
    FilePath path;
    qint64 size = 0;
    FoundFile::Time modified = {};
    QString inTrash = {}; // where it is there; empty if the system does not tell
    QString error = {};
    int row = 0; // of the list that was given
};

/// A generator: moves one after the other, and yields each with what came of it.
void moveToTrash(QFerry::Yield<TrashItem> &yield, const QList<TrashItem> &items);
/// The same, out of the trash.
void moveBack(QFerry::Yield<TrashItem> &yield, const QList<TrashItem> &items);
