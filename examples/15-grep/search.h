// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/qferry.h>

#include <QString>
#include <QStringList>

#include <atomic>
#include <memory>

/// A line with the text that was searched for, or a file or folder that could not be searched.
struct Hit
{
    QString path;
    QString name; // the path, below the folder that was searched
    int line = 0; // 0: could not be searched
    QString text; // the line, or why not
    QString note; // what is special with the file

    bool isFound() const { return line > 0; }
    QVariant shownLine() const { return isFound() ? QVariant(line) : QVariant(); }
    QString toolTip() const;
};

/// How much was searched so far. Any thread.
struct SearchCounts
{
    std::atomic<int> files = 0;
    std::atomic<int> lines = 0; // that were found
    std::atomic<int> binary = 0;
    std::atomic<int> unreadable = 0;
    std::atomic<bool> isFull = false; // there would be more
};

struct Query
{
    QString folder;
    QString text;
    QStringList names; // such as *.cpp; empty for all
    bool matchesCase = false;
    bool isRegular = false;
    int most = 100'000; // lines
    std::shared_ptr<SearchCounts> counts = std::make_shared<SearchCounts>();
};

/// Blocks, tells its progress in files, and can be canceled: for a worker. Throws
/// std::runtime_error.
void search(QFerry::Yield<Hit> &yield, const Query &query);

/// A piece of a file.
struct Excerpt
{
    QString text;
    int hit = 0;   // the number of its line in the text, from 0
    int first = 1; // the number of the first line in the file
};

/// So many lines on both sides of that one, numbered from 1. Blocks; throws std::runtime_error.
Excerpt readAround(const QString &path, int line, int lines);
