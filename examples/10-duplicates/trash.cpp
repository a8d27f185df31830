// SPDX-License-Identifier: MIT
// What of a move to the trash, or back, the window sees. In its thread.
#include "trash.h"

#include <qferry/threadediterable.h>

#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

double Trash::progress() const
{
    return m_count > 0 ? double(m_done) / m_count : 0;
}

void Trash::moveSelected()
{
    if (m_isBusy || !m_groups || m_groups->selectedCount() == 0)
        return;
    QList<TrashItem> items;
    m_files.clear();
    for (FoundFile *file : m_groups->selectedFiles()) {
        items.append({ .path = file->filePath(),
                       .size = file->size(),
                       .modified = file->modified(),
                       .row = int(items.size()) });
        m_files.append(file);
    }
    m_undo.clear();
    m_undoFiles.clear();
    m_isBack = false;
    begin(&moveToTrash, items);
}

void Trash::undo()
{
    if (m_isBusy || m_undo.isEmpty())
        return;
    QList<TrashItem> items = std::exchange(m_undo, {});
    m_files = std::exchange(m_undoFiles, {});
    for (int row = 0; row < int(items.size()); ++row)
        items[row].row = row;
    m_isBack = true;
    begin(&moveBack, items);
}

template <typename Generator>
void Trash::begin(Generator generator, const QList<TrashItem> &items)
{
    m_isBusy = true;
    m_errors.clear();
    m_count = int(items.size());
    m_done = m_movedCount = 0;
    emit changed();
    m_call = QFerry::threadedIterable(generator)(items)
                     .forEachBatch(
                             this, [this](std::span<TrashItem> batch) { takeAll(batch); }, 50ms)
                     .finally(this, [this] {
                         m_isBusy = false;
                         emit changed();
                         emit finished();
                     });
}

void Trash::takeAll(std::span<TrashItem> items)
{
    QList<FoundFile *> gone;
    for (const TrashItem &item : items) {
        take(item);
        FoundFile *file = m_files[item.row];
        if (!file || !item.error.isEmpty())
            continue;
        if (m_isBack)
            m_groups->add(file);
        else
            gone.append(file);
    }
    if (m_groups)
        m_groups->remove(gone);
    for (FoundFile *file : std::as_const(gone))
        file->setState(FoundFile::Trashed);
    emit changed();
}

void Trash::take(const TrashItem &item)
{
    ++m_done;
    if (!item.error.isEmpty())
        m_errors.append(u"%1: %2"_s.arg(printable(item.path.toString()), item.error));
    else
        ++m_movedCount;
    const bool canGoBack = m_isBack ? !item.error.isEmpty() : !item.inTrash.isEmpty();
    if (canGoBack
        && (m_isBack || item.error.isEmpty())) { // what could not go back may be tried again
        m_undo.append(item);
        m_undoFiles.append(m_files[item.row]);
    }
}

void Trash::dismiss()
{
    m_undo.clear();
    m_undoFiles.clear();
    m_errors.clear();
    m_movedCount = 0;
    emit changed();
}
