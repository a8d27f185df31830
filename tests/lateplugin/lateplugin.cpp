// SPDX-License-Identifier: MIT
// What a plugin does with the library: something of everything that keeps threads or values.
#include <qferry/qferry.h>

using namespace QFerry;

static ContextVar<int> s_number("number");

static int workInLoop()
{
    const auto token = s_number.set(20);
    const int result = run(
            [] { return toThread([] { return s_number.get() + fromThread([] { return 1; }); }); });
    s_number.reset(token); // the thread may outlive this plugin, which has the value's destructor
    return result;
}

static int workInPortal()
{
    StartedPortal portal = startBlockingPortal();
    return portal.call([] { return toThread([] { return 21; }); });
}

/// In any thread: 42.
extern "C" Q_DECL_EXPORT int usePlugin()
{
    return workInLoop() + workInPortal();
}
