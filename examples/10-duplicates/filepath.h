// SPDX-License-Identifier: MIT
#pragma once

#include <QMetaType>
#include <QString>

#include <filesystem>

/// Where a file is, to the byte: a QString has no room for a name that is no UTF-8. A value, which
/// QML passes on from one function to another.
class FilePath
{
    Q_GADGET
public:
    FilePath() = default;
    FilePath(std::filesystem::path path) : m_path(std::move(path)) {}

    const std::filesystem::path &native() const { return m_path; }
    /// As Qt's functions take it, as far as a QString can say it.
    QString toString() const;
    /// Whether it can.
    bool isText() const;

    friend bool operator==(const FilePath &, const FilePath &) = default;

private:
    std::filesystem::path m_path;
};

/// For one line of a window or a terminal: line breaks and other characters that would not be seen,
/// or would change what is seen, are replaced.
QString printable(QString name);
