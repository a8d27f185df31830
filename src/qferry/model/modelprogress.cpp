// SPDX-License-Identifier: MIT
#include "modelprogress.h"

#include <qferry/errors.h>
#include <qferry/streammodelbase.h>

#include <QtCore/qthread.h>

namespace QFerry::Detail {

/// A run that takes the place of another begins anew: its status is Queued again.
static void tellStatus(ProgressBinding *binding, StreamModelBase *model)
{
    if (model->status() == StreamModelBase::Queued)
        binding->begin([model] { model->cancel(); });
    else if (!model->isRunning())
        binding->end(model->status() == StreamModelBase::Ready);
}

static void tellProgress(ProgressBinding *binding, StreamModelBase *model)
{
    constexpr int steps = 10'000; // more than a widget has pixels
    const double share = model->progress();
    const bool isKnown = share >= 0;
    binding->report({ .value = isKnown ? qint64(share * steps) : 0,
                      .total = isKnown ? steps : 0,
                      .text = model->progressText() });
}

void followModel(ProgressBinding *binding, StreamModelBase *model)
{
    if (!model || model->thread() != QThread::currentThread())
        throw InvalidUseError(
                QStringLiteral("bindProgress() needs a model of the widgets' thread"));
    QObject::connect(model, &StreamModelBase::statusChanged, binding,
                     [=] { tellStatus(binding, model); });
    QObject::connect(model, &StreamModelBase::progressChanged, binding,
                     [=] { tellProgress(binding, model); });
    QObject::connect(model, &QObject::destroyed, binding, [=] { binding->end(false); });
    if (model->isRunning()) {
        binding->begin([model] { model->cancel(); });
        tellProgress(binding, model);
    }
}

} // namespace QFerry::Detail
