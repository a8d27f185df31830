// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/blockingportal.h>
#include <qferry/blockingportalprovider.h>
#include <qferry/calloptions.h>
#include <qferry/cancelscope.h>
#include <qferry/capacitylimiter.h>
#include <qferry/channel.h>
#include <qferry/context.h>
#include <qferry/contextmanager.h>
#include <qferry/deadline.h>
#include <qferry/errors.h>
#include <qferry/fromthread.h>
#include <qferry/looptoken.h>
#include <qferry/pendingcall.h>
#include <qferry/progress.h>
#include <qferry/run.h>
#include <qferry/shutdown.h>
#include <qferry/startblockingportal.h>
#include <qferry/stream.h>
#include <qferry/taskstatus.h>
#include <qferry/threaded.h>
#include <qferry/threadediterable.h>
#include <qferry/tothread.h>
#include <qferry/worker.h>
#include <qferry/yield.h>
