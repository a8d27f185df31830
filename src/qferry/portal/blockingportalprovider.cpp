// SPDX-License-Identifier: MIT
// The portal that several share while any of them has a lease. Any thread enters.
#include <qferry/blockingportalprovider.h>

#include <exception>
#include <optional>

namespace QFerry {

/// Who has a lease of what.
class Detail::ProviderState
{
public:
    explicit ProviderState(const QString &name) : m_name(name) {}

    BlockingPortal *acquire()
    {
        const std::lock_guard lock(m_mutex); // the others would have to wait for the thread, too
        if (m_leases == 0)
            m_portal.emplace(startBlockingPortal(m_name));
        ++m_leases;
        return &*m_portal;
    }

    void release(bool isUnwinding)
    {
        std::optional<StartedPortal> last;
        const std::lock_guard lock(m_mutex);
        if (--m_leases > 0)
            return;
        last.emplace(std::move(*m_portal)); // with the exceptions that are on their way by now
        m_portal.reset();
        if (isUnwinding)
            last->stop(true);
        // The portal goes once the mutex is free: who comes meanwhile gets another.
    }

private:
    const QString m_name;
    std::mutex m_mutex;
    int m_leases = 0;
    std::optional<StartedPortal> m_portal;
};

PortalLease::PortalLease(std::shared_ptr<Detail::ProviderState> provider)
    : m_portal(provider->acquire())
{
    m_provider = std::move(provider);
}

PortalLease::PortalLease(PortalLease &&other) noexcept
    : m_provider(std::move(other.m_provider)), m_portal(std::exchange(other.m_portal, nullptr))
{}

PortalLease &PortalLease::operator=(PortalLease &&other) noexcept
{
    PortalLease moved(std::move(other));
    std::swap(m_provider, moved.m_provider);
    std::swap(m_portal, moved.m_portal);
    m_unwinding = {};
    return *this;
}

PortalLease::~PortalLease()
{
    if (m_provider)
        m_provider->release(m_unwinding.isUnderWay());
}

BlockingPortal &PortalLease::operator*() const
{
    if (Q_UNLIKELY(!m_portal))
        throw InvalidUseError(QStringLiteral("A PortalLease was used that had been moved from. Use "
                                             "the one that it was moved to, or acquire another"));
    return *m_portal;
}

BlockingPortalProvider::BlockingPortalProvider(const QString &name)
    : d(std::make_shared<Detail::ProviderState>(name))
{}

BlockingPortalProvider::~BlockingPortalProvider() = default;

PortalLease BlockingPortalProvider::acquire()
{
    return PortalLease(d);
}

} // namespace QFerry
