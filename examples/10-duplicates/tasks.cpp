// SPDX-License-Identifier: MIT
#include "tasks.h"

#include <qferryqml/registertask.h>

/// The rows of those whose path has the text in it; not more than are worth to be shown.
static QList<int> searchFiles(const QStringList &paths, const QString &text)
{
    constexpr qsizetype most = 1000;
    QList<int> rows;
    for (qsizetype i = 0; i < paths.size() && rows.size() < most; ++i) {
        if (paths[i].contains(text, Qt::CaseInsensitive))
            rows.append(int(i));
        if (i % 1024 == 0)
            QFerry::checkCanceled();
    }
    return rows;
}

void registerTasks()
{
    QFerry::registerTask("findFiles", &findFiles);
    QFerry::registerTask("hashFile", &hashFile);
    QFerry::registerTask("searchFiles", &searchFiles);
}
