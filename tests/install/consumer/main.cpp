#include <qferry/qferry.h>

#include <QCoreApplication>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    QFerry::toThread([] { return 6 * 7; }).then(&app, [&](int answer) {
        app.exit(answer == 42 ? 0 : 1);
    });

    return app.exec();
}
