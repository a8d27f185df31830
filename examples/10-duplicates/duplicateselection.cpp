// SPDX-License-Identifier: MIT
// Which files of the groups are selected. One of each group never is: what people do with what they
// have selected leaves them a copy. In the window's thread.
#include "duplicategroups_p.h"

void DuplicateGroups::select(Group *group, FoundFile *file, bool selected)
{
    if (file->isSelected() == selected)
        return;
    count(*group, -1);
    group->selected += selected ? 1 : -1;
    count(*group, 1);
    file->setSelected(selected);
    soon(group);
}

bool DuplicateGroups::setSelected(FoundFile *file, bool selected)
{
    Group *group = groupOf(file);
    if (!group || (selected && !file->isSelected() && group->selected + 1 >= group->files.size()))
        return false;
    select(group, file, selected);
    emit selectionChanged();
    return true;
}

void DuplicateGroups::selectAllButOne()
{
    const auto isShorter = [](const FoundFile *a, const FoundFile *b) {
        return a->relativePath().size() < b->relativePath().size();
    };
    settle();
    for (Group *group : std::as_const(m_rows)) {
        FoundFile *kept = *std::min_element(group->files.cbegin(), group->files.cend(), isShorter);
        for (FoundFile *file : std::as_const(group->files))
            select(group, file, file != kept);
    }
    emit selectionChanged();
}

void DuplicateGroups::selectNone()
{
    for (Group *group : std::as_const(m_rows)) {
        for (FoundFile *file : std::as_const(group->files))
            select(group, file, false);
    }
    emit selectionChanged();
}

QList<FoundFile *> DuplicateGroups::selectedFiles() const
{
    QList<FoundFile *> selected;
    for (const Group *group : m_rows) {
        for (FoundFile *file : group->files) {
            if (file->isSelected())
                selected.append(file);
        }
    }
    return selected;
}

QList<QList<FoundFile *>> DuplicateGroups::groups() const
{
    QList<QList<FoundFile *>> groups;
    for (const Group *group : m_rows)
        groups.append(group->files);
    return groups;
}
