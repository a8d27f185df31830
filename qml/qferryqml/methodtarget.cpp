// SPDX-License-Identifier: MIT
#include "methodtarget_p.h"

#include "warning_p.h"

#include <qferry/errors.h>
#include <qferry/wait/waitforworkers.h>

#include <algorithm>
#include <map>

namespace QFerry::Detail {

namespace {

/// The targets by their objects.
struct Targets
{
    static Targets &instance()
    {
        static auto *const targets = new Targets; // runs may outlive what static destructors end
        return *targets;
    }

    std::mutex mutex;
    std::map<const QObject *, std::weak_ptr<MethodTarget>> known;
};

} // namespace

// --- The object

MethodTarget::Ptr MethodTarget::of(QObject *object)
{
    const Ptr made(new MethodTarget(object));
    Ptr known; // as what was made, not to be destroyed under the lock
    {
        Targets &targets = Targets::instance();
        const std::lock_guard lock(targets.mutex);
        std::weak_ptr<MethodTarget> &entry = targets.known[object];
        known = entry.lock();
        if (known && known->m_object == object)
            return known;
        entry = made; // of a new object, perhaps where another one was
    }
    made->watch();
    return made;
}

MethodTarget::~MethodTarget()
{
    QObject::disconnect(m_death);
    Targets &targets = Targets::instance();
    const std::lock_guard lock(targets.mutex);
    const auto it = targets.known.find(m_key);
    if (it != targets.known.end() && it->second.expired())
        targets.known.erase(it);
}

void MethodTarget::watch()
{
    m_death = QObject::connect(
            m_object, &QObject::destroyed, m_object,
            [weak = weak_from_this()] {
                if (const Ptr dead = weak.lock())
                    dead->objectDied();
            },
            Qt::DirectConnection);
}

QObject *MethodTarget::object() const
{
    const std::lock_guard lock(m_mutex);
    return m_isFinished ? nullptr : m_object.data();
}

/// Tells, once, if there are methods inside of the dead object.
void MethodTarget::objectDied()
{
    QString method;
    {
        const std::lock_guard lock(m_mutex);
        if (m_runs.empty() || std::exchange(m_isDeathTold, true))
            return;
        method = m_runs.front()->m_method;
    }
    tellError(QStringLiteral("%1() runs in a worker, and its object has been destroyed: it uses what "
                             "is gone. Let the class have a QFerry::MethodGuard as its last member")
                      .arg(method));
}

// --- Its end

void MethodTarget::finish()
{
    cancelRuns();
    {
        std::unique_lock lock(m_mutex);
        if (isUsedByOthers())
            waitForWorkers(lock, m_changed, [this] { return !isUsedByOthers(); });
    }
    objectDied(); // in one of its methods, which cannot be waited for here
}

void MethodTarget::cancelRuns()
{
    std::vector<ScopeState::Ptr> scopes; // their hooks must not run under the lock
    {
        const std::lock_guard lock(m_mutex);
        m_isFinished = true;
        for (const Run *run : m_runs)
            scopes.push_back(run->m_scope);
    }
    for (const ScopeState::Ptr &scope : scopes)
        scope->cancel(QStringLiteral("its object is being destroyed"));
}

bool MethodTarget::isUsedByOthers() const
{
    return std::any_of(m_runs.begin(), m_runs.end(), [](const Run *run) {
        return run->m_thread != std::this_thread::get_id();
    });
}

// --- Methods

QObject *MethodTarget::enter(Run *run)
{
    const std::lock_guard lock(m_mutex);
    QObject *object = m_isFinished ? nullptr : m_object.data();
    if (!object) {
        throw InvalidUseError(
                QStringLiteral("The object was destroyed before its method %1() could be called")
                        .arg(run->m_method));
    }
    m_runs.push_back(run);
    return object;
}

void MethodTarget::leave(Run *run)
{
    if (!m_object)
        objectDied();
    const std::lock_guard lock(m_mutex);
    std::erase(m_runs, run);
    m_changed.notify_all();
}

MethodTarget::Run::Run(Ptr target, const QString &method)
    : m_target(std::move(target))
    , m_method(method)
    , m_scope(new ScopeState(ScopeState::Ptr(ScopeState::current())))
    , m_frame(ContextFrame::currentData())
{
    m_frame.detach()->scope.reset(m_scope.data());
    m_object = m_target->enter(this);
}

MethodTarget::Run::~Run()
{
    m_target->leave(this);
}

} // namespace QFerry::Detail
