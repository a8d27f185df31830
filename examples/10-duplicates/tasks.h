// SPDX-License-Identifier: MIT
#pragma once

#include "foundfile.h"

#include <qferry/qferry.h>

#include <QSharedPointer>

/// Those that never become a row are deleted, too.
using FilePtr = QSharedPointer<FoundFile>;

/// A generator: yields the files below a folder, and what of it cannot be read. Throws what the
/// system says if that is the folder itself.
void findFiles(QFerry::Yield<FilePtr> &yield, const QString &root);
/// Throws what the system says.
QByteArray hashFile(const FilePath &path);

/// Gives the functions that run in workers the names by which QML starts them: findFiles, hashFile.
void registerTasks();
