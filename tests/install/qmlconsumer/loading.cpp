#include <QCoreApplication>
#include <QQmlComponent>
#include <QQmlEngine>

#include <memory>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QQmlEngine engine;
    engine.addImportPath(QString::fromLocal8Bit(argv[1]));
    QObject::connect(&engine, &QQmlEngine::exit, &app, &QCoreApplication::exit,
                     Qt::QueuedConnection);
    QQmlComponent component(&engine);
    component.setData(R"(
        import QtQml
        import QFerry
        QtObject {
            property ThreadTask unknown: ThreadTask { task: "unknown" }
            Component.onCompleted: unknown.start().catch(error => Qt.exit(error.name === "InvalidUseError" ? 0 : 1))
        })",
                      QUrl());
    const std::unique_ptr<QObject> object(component.create());
    if (!object)
        qFatal("%s", qPrintable(component.errorString()));
    return app.exec();
}
