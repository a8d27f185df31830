#include <qferryqml/registertask.h>

#include <QCoreApplication>
#include <QQmlComponent>
#include <QQmlEngine>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QFerry::registerTask("multiply", [](int a, int b) { return a * b; });

    QQmlEngine engine;
    QObject::connect(&engine, &QQmlEngine::exit, &app, &QCoreApplication::exit,
                     Qt::QueuedConnection);
    QQmlComponent component(&engine);
    component.setData(R"(
        import QtQml
        import QFerry
        QtObject {
            property ThreadTask multiplying: ThreadTask { task: "multiply" }
            Component.onCompleted: QFerry.async(function*() {
                Qt.exit((yield multiplying.start(6, 7)) === 42 ? 0 : 1);
            })
        })",
                      QUrl());
    const std::unique_ptr<QObject> object(component.create());
    if (!object)
        qFatal("%s", qPrintable(component.errorString()));
    return app.exec();
}
