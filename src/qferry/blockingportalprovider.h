// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/startblockingportal.h>

namespace QFerry {

namespace Detail {
class ProviderState;
}

/// A share in the portal of a BlockingPortalProvider. May be moved; one that was moved from is
/// empty, and its use throws InvalidUseError.
class QFERRY_EXPORT PortalLease
{
public:
    PortalLease(PortalLease &&other) noexcept;
    PortalLease &operator=(PortalLease &&other) noexcept;
    /// Any thread. The last lease stops the portal, waits until everything in it has ended (if an
    /// exception is on its way: cancels it), and joins its thread; in the portal's own thread it
    /// does not wait.
    ~PortalLease();

    /// The portal. Any thread; it must live while the portal is used.
    BlockingPortal &operator*() const;
    BlockingPortal *operator->() const { return &**this; }

private:
    friend class BlockingPortalProvider;
    explicit PortalLease(std::shared_ptr<Detail::ProviderState> provider);

    std::shared_ptr<Detail::ProviderState> m_provider;
    BlockingPortal *m_portal = nullptr;
    Detail::Unwinding m_unwinding;
};

/**
 * Lends one portal to any number of users: the first lease starts its thread, the last one ends it.
 * So a blocking interface can be made of an asynchronous one without a thread where nobody uses it.
 *
 * Any thread. Leases may outlive the provider.
 */
class QFERRY_EXPORT BlockingPortalProvider
{
public:
    /// The portal's thread will have that name.
    explicit BlockingPortalProvider(const QString &name = {});
    explicit BlockingPortalProvider(const char *name)
        : BlockingPortalProvider(QString::fromUtf8(name))
    {}
    ~BlockingPortalProvider();
    Q_DISABLE_COPY_MOVE(BlockingPortalProvider)

    /// Throws as startBlockingPortal(); then the next one tries again.
    [[nodiscard]] PortalLease acquire();

private:
    const std::shared_ptr<Detail::ProviderState> d;
};

} // namespace QFerry
