// SPDX-License-Identifier: MIT
#include "modelstate_p.h"

#include <limits>

namespace QFerry::Detail {

constexpr int patienceMilliseconds = 100;

ModelRun::ModelRun(StreamModelBase *model, RowFeedBase::Ptr theFeed)
    : QObject(model), feed(std::move(theFeed)), m_model(model)
{
    feed->setTaker(this);
    patience.setSingleShot(true);
    patience.setInterval(patienceMilliseconds);
}

ModelRun::~ModelRun()
{
    feed->setTaker(nullptr);
}

qsizetype ModelRun::wanted() const
{
    if (m_model->d->isFlushDue) // a slot that hears of rows keeps them from coming: then no more
        return 0;
    return isPaced ? rowsWanted : std::numeric_limits<int>::max();
}

void ModelRun::takeRows(std::vector<RowPtr> rows)
{
    ModelState &state = *m_model->d;
    rowsWanted = qMax(rowsWanted - int(rows.size()), 0);
    state.pending.insert(state.pending.end(), std::move_iterator(rows.begin()),
                         std::move_iterator(rows.end()));
    const QPointer<ModelRun> alive(this);
    m_model->setStatus(StreamModelBase::Running);
    if (alive && !state.interval.isActive())
        m_model->flush();
}

void ModelRun::ask()
{
    if (wanted() > 0)
        feed->goOn();
}

} // namespace QFerry::Detail
