// SPDX-License-Identifier: MIT
#include "waveform.h"

#include <qferry/qferry.h>

#include <QFile>

#include <cmath>
#include <numbers>

static constexpr int columnCount = 1600;
static constexpr int blockSize = 1 << 16; // samples

static void widen(Waveform::Column &column, std::span<const qint16> samples)
{
    const auto [lowest, highest] = std::ranges::minmax(samples);
    column.lowest = qMin(column.lowest, lowest / 32768.f);
    column.highest = qMax(column.highest, highest / 32768.f);
}

Waveform readWaveform(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error(file.errorString().toStdString());

    Waveform waveform{ QList<Waveform::Column>(columnCount), file.size() / 2 };
    std::vector<qint16> block(blockSize);
    for (int i = 0; i < columnCount; ++i) {
        qint64 left = waveform.samples * (i + 1) / columnCount - waveform.samples * i / columnCount;
        while (left > 0) {
            QFerry::checkCanceled(); // leaves from here, if somebody has canceled the call
            const qint64 size = file.read(reinterpret_cast<char *>(block.data()),
                                          2 * qMin<qint64>(left, blockSize));
            if (size < 2)
                throw std::runtime_error(file.errorString().toStdString());
            widen(waveform.columns[i], std::span(block).first(size / 2));
            left -= size / 2;
        }
        QFerry::reportProgress(i + 1, columnCount);
    }
    return waveform;
}

void writeSample(const QString &path)
{
    constexpr int rate = 48'000;
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        throw std::runtime_error(file.errorString().toStdString());
    std::vector<qint16> second(rate);
    for (int s = 0; s < 90; ++s) {
        for (int i = 0; i < rate; ++i) {
            const double time = s + double(i) / rate;
            const double beat = std::exp(-2.5 * std::fmod(time, 1.5));
            const double swell = 0.35 + 0.65 * std::pow(std::sin(std::numbers::pi * time / 30), 2);
            const double tone = std::sin(2 * std::numbers::pi * (220 + 110 * (s % 3)) * time)
                                + 0.4 * std::sin(2 * std::numbers::pi * 2.1 * time);
            second[i] = qint16(22'000 * swell * (0.25 + 0.75 * beat) * tone);
        }
        file.write(reinterpret_cast<const char *>(second.data()), 2 * rate);
    }
}
