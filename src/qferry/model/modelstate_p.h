// SPDX-License-Identifier: MIT
// What a stream model keeps, and the run that fills it. In the model's thread.
#pragma once

#include <qferry/model/rowfeed.h>
#include <qferry/streammodelbase.h>

#include <QtCore/qpointer.h>
#include <QtCore/qset.h>
#include <QtCore/qtimer.h>

#include <deque>
#include <optional>

namespace QFerry::Detail {

/// One run of a stream into a model, and the context of what it is told. Whoever answers to what
/// was asked in it finds it, or is dropped with it.
class ModelRun final : public QObject, public RowTaker
{
public:
    ModelRun(StreamModelBase *model, RowFeedBase::Ptr feed);
    ~ModelRun() override;

    qsizetype wanted() const override;
    void takeRows(std::vector<RowPtr> rows) override;
    /// The feed goes on, if it is time to.
    void ask();

    const RowFeedBase::Ptr feed;
    bool isPaced = false;     // by the view
    int rowsWanted = 0;       // by the view: how many more
    bool hasEnded = false;    // its last rows may still be pending
    std::exception_ptr error; // what it ended with

    // Who has looked at the rows that have come since the view asked: a filter does at once, when
    // they are inserted, the delegates that a view makes do later.
    int firstNew = 0;
    int proxyRows = 0; // of a proxy that is known, when the view asked
    bool isFiltered = false;
    bool isSeen = false;
    QTimer patience; // before nobody but a filter has

private:
    StreamModelBase *const m_model;
};

struct ModelState
{
    RowList rows;
    ModelColumns columns;
    std::vector<RowPtr> pending; // come, and not yet rows
    std::optional<Progress> newProgress;
    QTimer interval; // runs for as long as a batch has to keep its distance
    std::unique_ptr<ModelRun> run;

    StreamModelBase::Status status = StreamModelBase::Null;
    std::exception_ptr error;
    double progress = -1;
    QString progressText;
    int prefetch = -1;
    QPointer<QAbstractItemModel> proxy;
    bool keepRows = false;
    bool isStale = false; // the rows are those of the run before

    int telling = 0; // views are told of a change: so many are on the stack
    bool isInserting = false;
    bool isFlushDue = false; // when they have been told
    std::deque<std::unique_ptr<RowChange>> putOff;
    mutable QSet<int> failedGetters; // that have been logged
};

} // namespace QFerry::Detail
