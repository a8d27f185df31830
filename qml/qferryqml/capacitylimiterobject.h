// SPDX-License-Identifier: MIT
#pragma once

#include <qferry/capacitylimiter.h>
#include <qferryqml/global.h>

#include <QtCore/qbasictimer.h>
#include <QtCore/qobject.h>
#include <QtQml/qqmlregistration.h>

#include <memory>

namespace QFerry {

/**
 * CapacityLimiter in QML: limits how many tasks that name it run at once.
 *
 *     CapacityLimiter { id: disk; totalTokens: slider.value }
 *     ThreadTask { task: "hashFile"; limiter: disk }
 *
 * Its figures are live: they are looked at once per frame while something is bound to them and they
 * change, ten times in a second otherwise, and not at all while nothing is bound. It may be
 * destroyed while tasks use it: they complete under its last rules.
 *
 * In C++ it is a QObject around a QFerry::CapacityLimiter, and lives in one thread as QObjects do.
 */
class QFERRYQML_EXPORT CapacityLimiterObject : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(CapacityLimiter)
    /// 0 admits nobody until raised; raising lets in who waits, lowering takes no token back. 1 at
    /// first.
    Q_PROPERTY(
            int totalTokens READ totalTokens WRITE setTotalTokens NOTIFY totalTokensChanged FINAL)
    /// How many run. May exceed totalTokens after that was lowered.
    Q_PROPERTY(int borrowedTokens READ borrowedTokens NOTIFY borrowedTokensChanged FINAL)
    Q_PROPERTY(int availableTokens READ availableTokens NOTIFY availableTokensChanged FINAL)
    /// How many wait for a token.
    Q_PROPERTY(int waiting READ waiting NOTIFY waitingChanged FINAL)
    /// What it is called in a TaskMonitor.
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged FINAL)
    /// The value of totalTokens that sets no limit.
    Q_PROPERTY(int unlimited READ unlimited CONSTANT FINAL)
public:
    explicit CapacityLimiterObject(QObject *parent = nullptr);
    /// Shows a limiter that lives longer.
    explicit CapacityLimiterObject(CapacityLimiter *shown, QObject *parent = nullptr);
    ~CapacityLimiterObject() override;

    /// To be given to CallOptions, for instance.
    CapacityLimiter *limiter() const { return m_limiter; }

    int totalTokens() const { return m_limiter->totalTokens(); }
    /// A negative value is refused with a warning.
    void setTotalTokens(int totalTokens);
    int borrowedTokens() const { return m_limiter->borrowedTokens(); }
    int availableTokens() const { return m_limiter->availableTokens(); }
    int waiting() const { return m_limiter->statistics().waiting; }
    QString name() const { return m_limiter->name(); }
    void setName(const QString &name);
    int unlimited() const { return CapacityLimiter::Unlimited; }

Q_SIGNALS:
    void totalTokensChanged();
    void borrowedTokensChanged();
    void availableTokensChanged();
    void waitingChanged();
    void nameChanged();

protected:
    void connectNotify(const QMetaMethod &signal) override;
    void timerEvent(QTimerEvent *event) override;

private:
    struct Figures
    {
        int total = 0;
        int borrowed = 0;
        int available = 0;
        int waiting = 0;
        friend bool operator==(const Figures &, const Figures &) = default;
    };
    Figures figures() const;
    bool isWatched() const;
    void look();

    const std::unique_ptr<CapacityLimiter> m_own;
    CapacityLimiter *const m_limiter;
    Figures m_shown; // by the last signals
    QBasicTimer m_look;
    int m_interval = 0;
};

} // namespace QFerry
