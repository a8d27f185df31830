// SPDX-License-Identifier: MIT
#pragma once

#include "foundfile.h"

#include <QUrl>
#include <QVariantList>

/// What the system around the application does with files and folders.
class Desktop : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON
    /// How large the letters of the system are.
    Q_PROPERTY(int fontPixels READ fontPixels CONSTANT)

public:
    int fontPixels() const;
    /// With the application that the system has for it. False: there is none.
    Q_INVOKABLE bool open(const FoundFile *file) const;
    Q_INVOKABLE bool showInFolder(const FoundFile *file) const;
    Q_INVOKABLE void copyPath(const FoundFile *file) const;
    /// Empty if it is no folder of this computer.
    Q_INVOKABLE QString folderOf(const QUrl &url) const;
    /// Where people keep files: a list of { name, path }.
    Q_INVOKABLE QVariantList places() const;
};
