// SPDX-License-Identifier: MIT
// Names as the system has them, and as people see them. Any thread.
#include "filepath.h"

#include <QDir>
#include <QFileInfo>

QString FilePath::toString() const
{
    return QFileInfo(m_path).filePath();
}

bool FilePath::isText() const
{
    return QFileInfo(toString()).filesystemFilePath() == m_path;
}

/// Those that say in which direction text goes: "txt.exe" could be made to look like "exe.txt".
static bool turnsText(char16_t c)
{
    return c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2066 && c <= 0x2069);
}

QString printable(QString name)
{
    for (QChar &character : name) {
        const char16_t c = character.unicode();
        if (c < 0x20)
            character = QChar(char16_t(0x2400 + c)); // the picture of a control character
        else if (c == 0x7f)
            character = QChar(u'\u2421');
        else if ((c > 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || turnsText(c))
            character = QChar::ReplacementCharacter;
    }
    return name;
}
