// SPDX-License-Identifier: MIT
// For applications that use Qt Quick, which the library itself does without: link Qt6::Quick.
#pragma once

#include <qferryqml/registeredtask.h>

#include <QtCore/qmetaobject.h>
#include <QtCore/qurlquery.h>
#include <QtGui/qimage.h>
#include <QtQuick/qquickimageprovider.h>

#include <utility>

namespace QFerry {

namespace Detail {

/// One image that is wanted. In the thread that loads the engine's images.
class ImageResponse : public QQuickImageResponse
{
public:
    ImageResponse(const QString &id, const QSize &requestedSize, const CallOptions &options)
    {
        try {
            m_call = start(id, requestedSize, options);
        } catch (const Error &error) {
            m_error = error.message();
            QMetaObject::invokeMethod(
                    this, [this] { Q_EMIT finished(); }, Qt::QueuedConnection);
            return;
        }
        m_call.then(this, [this](const QVariant &result) { take(result); })
                .onFailed(this,
                          [this](const std::exception &error) {
                              m_error = QString::fromUtf8(error.what());
                          })
                .onFailed(this, [this] { m_error = QStringLiteral("unknown error"); })
                .onCanceled(this, [this] { m_error = QStringLiteral("canceled"); })
                .finally(this, [this] { Q_EMIT finished(); }); // not before: it deletes this
    }
    ~ImageResponse() override { m_call.cancel(QStringLiteral("its image is not wanted any more")); }

    QQuickTextureFactory *textureFactory() const override
    {
        return QQuickTextureFactory::textureFactoryForImage(m_image);
    }
    QString errorString() const override { return m_error; }
    void cancel() override { m_call.cancel(QStringLiteral("its image is not wanted any more")); }

private:
    static PendingCall<QVariant> start(const QString &id, const QSize &requestedSize,
                                       const CallOptions &options)
    {
        const qsizetype queryAt = id.indexOf(u'?');
        const auto task =
                RegisteredTask::named(QUrl::fromPercentEncoding(id.left(queryAt).toUtf8()));
        const QUrlQuery query(queryAt < 0 ? QString() : id.mid(queryAt + 1));
        QVariantList args;
        for (const auto &[name, value] : query.queryItems(QUrl::FullyDecoded))
            args << (value.isNull() ? name : value);
        const auto parameters = task.parameters();
        if (parameters.size() == args.size() + 1
            && parameters.last() == QMetaType::fromType<QSize>())
            args << requestedSize;
        return task.call(args, options);
    }
    void take(const QVariant &result)
    {
        m_image = result.value<QImage>();
        if (m_image.isNull())
            m_error = QStringLiteral("The task made no image");
    }

    PendingCall<QVariant> m_call;
    QImage m_image;
    QString m_error;
};

} // namespace Detail

/**
 * Images that tasks make, for Image { source: "image://qferry/…" }:
 *
 *     QFerry::registerTask("thumbnail", [](const QString &path, QSize size) -> QImage { … });
 *     engine.addImageProvider("qferry", new QFerry::ImageProvider);
 *
 *     Image { source: "image://qferry/thumbnail?" + encodeURIComponent(path); sourceSize.width: 128
 * }
 *
 * Behind the task's name come its arguments, each encoded, with & between them, in order; a name
 * before a = is for people. If the last parameter is a QSize that is not given, it is the
 * sourceSize: (-1, -1) if there is none, and -1 for what is not set of it. The result is a QImage.
 *
 * The task runs in a worker. When its Image goes, or gets another source, as in a delegate that is
 * scrolled away, it is canceled: a run that waits for a token never begins, and checkCanceled()
 * ends one that has. Errors are those of the Image: its status, and a warning of the engine.
 *
 * It is a header of its own so that the library needs no Qt Quick: the application links
 * Qt6::Quick.
 */
class ImageProvider : public QQuickAsyncImageProvider
{
public:
    /// The options count for each call. Their limiter must live as long as the engine; their scope
    /// must be null.
    explicit ImageProvider(CallOptions options = {}) : m_options(std::move(options)) {}

    /// Called by the engine, in the thread that loads its images.
    QQuickImageResponse *requestImageResponse(const QString &id,
                                              const QSize &requestedSize) override
    {
        return new Detail::ImageResponse(id, requestedSize, m_options);
    }

private:
    const CallOptions m_options;
};

} // namespace QFerry
