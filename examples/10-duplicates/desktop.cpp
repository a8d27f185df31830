// SPDX-License-Identifier: MIT
// In the window's thread.
#include "desktop.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QFontInfo>
#include <QGuiApplication>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

static bool openPath(const QString &path)
{
    return QFileInfo::exists(path) && QDesktopServices::openUrl(QUrl::fromLocalFile(path));
}

int Desktop::fontPixels() const
{
    return QFontInfo(QGuiApplication::font()).pixelSize();
}

bool Desktop::open(const FoundFile *file) const
{
    return file && openPath(file->filePath().toString());
}

bool Desktop::showInFolder(const FoundFile *file) const
{
    return file && openPath(QFileInfo(file->filePath().toString()).path());
}

void Desktop::copyPath(const FoundFile *file) const
{
    if (file)
        QGuiApplication::clipboard()->setText(
                QDir::toNativeSeparators(file->filePath().toString()));
}

QString Desktop::folderOf(const QUrl &url) const
{
    const QString path = url.toLocalFile();
    return QFileInfo(path).isDir() ? QDir::cleanPath(path) : QString();
}

QVariantList Desktop::places() const
{
    QVariantList places;
    QStringList known;
    for (const auto location :
         { QStandardPaths::HomeLocation, QStandardPaths::DownloadLocation,
           QStandardPaths::PicturesLocation, QStandardPaths::DocumentsLocation }) {
        const QString path = QStandardPaths::writableLocation(location);
        if (!QFileInfo(path).isDir() || known.contains(path))
            continue;
        known.append(path);
        places.append(QVariantMap{ { u"name"_s, QStandardPaths::displayName(location) },
                                   { u"path"_s, path } });
    }
    return places;
}
