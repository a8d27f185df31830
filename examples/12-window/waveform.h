// SPDX-License-Identifier: MIT
#pragma once

#include <QList>
#include <QString>

/// What a recording looks like: how loud it is from one column of the picture to the next.
struct Waveform
{
    struct Column
    {
        float lowest = 0; // from -1 to 1
        float highest = 0;
    };
    QList<Column> columns;
    qint64 samples = 0;
};

/// Reads a recording: 16 bit samples without a header. Blocks, tells its progress in percent, and
/// can be canceled: for a worker. Throws std::runtime_error.
Waveform readWaveform(const QString &path);

/// Writes some music to look at. Blocks, too.
void writeSample(const QString &path);
