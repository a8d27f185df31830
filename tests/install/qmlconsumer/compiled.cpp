#include <QCoreApplication>
#include <QQmlApplicationEngine>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QQmlApplicationEngine engine;
    engine.load(QUrl(QStringLiteral("qrc:/Consumer/Compiled.qml")));
    return engine.rootObjects().isEmpty() ? 1 : app.exec();
}
