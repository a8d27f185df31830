// SPDX-License-Identifier: MIT
// Moves files to the trash and back. In a worker.
#include "trashtasks.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <qferry/qferry.h>

namespace fs = std::filesystem;
using namespace Qt::StringLiterals;

static QString tr(const char *text)
{
    return QCoreApplication::translate("Trash", text);
}

/// Whether it is still what was hashed: nobody shall lose what was written since.
static bool hasChanged(const TrashItem &item)
{
    std::error_code error;
    const auto size = fs::file_size(item.path.native(), error);
    const auto modified = fs::last_write_time(item.path.native(), error);
    return !error && (qint64(size) != item.size || modified != item.modified);
}

static QString errorOfMoving(TrashItem &item)
{
    if (!item.path.isText())
        return tr("its name cannot be told to the trash");
    if (hasChanged(item))
        return tr("it has changed since it was hashed");
    QFile file(item.path.toString());
    if (!file.moveToTrash())
        return file.errorString();
    if (file.fileName() != item.path.toString())
        item.inTrash = file.fileName();
    return {};
}

void moveToTrash(QFerry::Yield<TrashItem> &yield, const QList<TrashItem> &items)
{
    for (TrashItem item : items) {
        QFerry::checkCanceled();
        item.error = errorOfMoving(item);
        yield(item);
    }
}

/// What the trash of freedesktop.org notes about a file.
static void forget(const QString &inTrash)
{
    const QFileInfo file(inTrash);
    QDir trash = file.dir();
    if (trash.dirName() == "files"_L1 && trash.cdUp())
        QFile::remove(trash.filePath(u"info/%1.trashinfo"_s.arg(file.fileName())));
}

static QString errorOfMovingBack(const TrashItem &item)
{
    QDir().mkpath(QFileInfo(item.path.toString()).path());
    QFile file(item.inTrash);
    if (!file.rename(item.path.toString())) // which replaces no file
        return file.errorString();
    forget(item.inTrash);
    return {};
}

void moveBack(QFerry::Yield<TrashItem> &yield, const QList<TrashItem> &items)
{
    for (TrashItem item : items) {
        QFerry::checkCanceled();
        item.error = errorOfMovingBack(item);
        yield(item);
    }
}
