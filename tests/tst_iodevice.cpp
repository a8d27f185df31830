// SPDX-License-Identifier: MIT
#include "cancelable.h"
#include "outside.h"

#include <qferry/iodevice.h>

#include <QtCore/qbuffer.h>
#include <QtCore/qfile.h>
#include <QtCore/qpointer.h>
#include <QtCore/qprocess.h>

using namespace QFerry;
using namespace Testing;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using Reason = DeviceError::Reason;

/// A device in memory: what it gives, takes and tells is up to the test.
class Pipe : public QIODevice
{
    Q_OBJECT
public:
    Pipe() { open(ReadWrite | Unbuffered); }

    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_input.size() + QIODevice::bytesAvailable(); }
    qint64 bytesToWrite() const override { return m_output.size(); }

    void feed(const QByteArray &bytes)
    {
        m_input += bytes;
        Q_EMIT readyRead();
    }
    void feedOneByOne(const QByteArray &bytes)
    {
        for (const char byte : bytes)
            feed({ 1, byte });
    }
    void end()
    {
        m_hasEnded = true;
        Q_EMIT readChannelFinished();
    }
    void breakDown()
    {
        setErrorString(u"it broke"_s);
        m_error = Broken;
        m_hasEnded = true;
        Q_EMIT errorOccurred();
    }
    /// What was written and is passed on now.
    QByteArray drain()
    {
        const QByteArray bytes = std::exchange(m_output, {});
        Q_EMIT bytesWritten(bytes.size());
        return bytes;
    }

    enum Error { NoError, Broken };
    Error error() const { return m_error; }

    qint64 room = 1000;

Q_SIGNALS:
    void errorOccurred();

protected:
    qint64 readData(char *data, qint64 maxSize) override
    {
        if (m_input.isEmpty())
            return m_hasEnded ? -1 : 0;
        const qint64 size = std::min<qint64>(maxSize, m_input.size());
        std::copy_n(m_input.cbegin(), size, data);
        m_input.remove(0, size);
        return size;
    }
    qint64 writeData(const char *data, qint64 size) override
    {
        if (m_error != NoError)
            return -1;
        const qint64 taken = std::min(size, room - m_output.size());
        m_output.append(data, taken);
        return taken;
    }

private:
    QByteArray m_input;
    QByteArray m_output;
    bool m_hasEnded = false;
    Error m_error = NoError;
};

namespace {

using Line = std::optional<QByteArray>;

template <typename T>
std::optional<DeviceError> errorOf(const PendingCall<T> &call)
{
    try {
        resultOf(call);
    } catch (const DeviceError &error) {
        return error;
    }
    return {};
}
template <typename T>
bool failsFor(Reason reason, const PendingCall<T> &call)
{
    const auto error = errorOf(call);
    return error && error->reason() == reason;
}

} // namespace

class tst_IODevice : public QObject
{
    Q_OBJECT
private slots:
    void linesAreReadWithTheirEnds();
    void whatIsThereIsTakenAtOnce();
    void lastLineNeedsNoEnd();
    void bytesMayComeOneByOne();
    void lineThatIsTooLongStays();
    void longLinesAreRead();
    void separatorsAreFound();
    void exactlySoMuchIsRead();
    void nothingIsReadAtOnce();
    void allIsReadUntilTheEnd();
    void endBeforeTheWholeIsAnError();
    void endBeforeTheCallIsSeen();
    void readsWaitForTheirTurn();
    void endsThroughTheLoop();
    void cancelLosesNothing();
    void cancelLetsTheNextOneRead();
    void scopesAndLoopsEndIt();
    void failureIsAnErrorAfterTheData();
    void closeEndsIt();
    void deathEndsIt();
    void disconnectEndsIt();
    void writingEndsWhenAllIsWritten();
    void writingWaitsForRoom();
    void writesKeepTheirOrder();
    void writingFails();
    void closeAfterTheWritingIsNoError();
    void buffersHaveAllAtOnce();
    void tasksReadProcesses();
    void processesEnd();
    void processThatIsNotThereFails();
    void wrongUseIsNamed();
};

void tst_IODevice::linesAreReadWithTheirEnds()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    pipe.feed("one");
    QCoreApplication::processEvents();
    QVERIFY(!line.isFinished());
    pipe.feed("\ntwo\n");
    QCOMPARE(resultOf(line), Line("one\n"));
    QCOMPARE(resultOf(readLine(pipe)), Line("two\n"));
}

void tst_IODevice::whatIsThereIsTakenAtOnce()
{
    Pipe pipe;
    pipe.feed("one\n");
    QVERIFY(readLine(pipe).isFinished());
    const auto next = readLine(pipe);
    QVERIFY(!next.isFinished());
    next.cancel();
}

void tst_IODevice::lastLineNeedsNoEnd()
{
    Pipe pipe;
    pipe.feed("one\nlast");
    QCOMPARE(resultOf(readLine(pipe)), Line("one\n"));
    const auto last = readLine(pipe);
    const auto none = readLine(pipe);
    pipe.end();
    QCOMPARE(resultOf(last), Line("last"));
    QVERIFY(!resultOf(none));
    QVERIFY(!resultOf(readLine(pipe)));
}

void tst_IODevice::bytesMayComeOneByOne()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    const auto piece = readUntil(pipe, "--");
    const auto bytes = readExactly(pipe, 3);
    pipe.feedOneByOne("a line\na - piece--xyz");
    QCOMPARE(resultOf(line), Line("a line\n"));
    QCOMPARE(resultOf(piece), "a - piece--");
    QCOMPARE(resultOf(bytes), "xyz");
}

void tst_IODevice::lineThatIsTooLongStays()
{
    Pipe pipe;
    pipe.feed("123\n");
    QCOMPARE(resultOf(readLine(pipe, 4)), Line("123\n"));
    pipe.feed("1234\n");
    QVERIFY(failsFor(Reason::TooLong, readLine(pipe, 4)));
    QCOMPARE(resultOf(readLine(pipe, 5)), Line("1234\n"));
    const auto endless = readLine(pipe, 4);
    pipe.feed("12345");
    QVERIFY(failsFor(Reason::TooLong, endless));
}

void tst_IODevice::longLinesAreRead()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    const QByteArray part(5000, 'x');
    for (int i = 0; i < 10; ++i) {
        pipe.feed(part);
        QCoreApplication::processEvents();
    }
    pipe.feed("\n");
    QCOMPARE(resultOf(line)->size(), 50'001);
}

void tst_IODevice::separatorsAreFound()
{
    Pipe pipe;
    const auto piece = readUntil(pipe, "\r\n\r\n", 100);
    pipe.feed("header\r\n\r");
    QCoreApplication::processEvents();
    QVERIFY(!piece.isFinished());
    pipe.feed("\nbody");
    QCOMPARE(resultOf(piece), "header\r\n\r\n");
    QCOMPARE(pipe.readAll(), "body");
}

void tst_IODevice::exactlySoMuchIsRead()
{
    Pipe pipe;
    const auto bytes = readExactly(pipe, 4);
    pipe.feed("123");
    QCoreApplication::processEvents();
    QVERIFY(!bytes.isFinished());
    QCOMPARE(pipe.bytesAvailable(), 3);
    pipe.feed("45");
    QCOMPARE(resultOf(bytes), "1234");
    QCOMPARE(pipe.readAll(), "5");
}

void tst_IODevice::nothingIsReadAtOnce()
{
    Pipe pipe;
    const auto bytes = readExactly(pipe, 0);
    QVERIFY(bytes.isFinished());
    QCOMPARE(resultOf(bytes), "");
}

void tst_IODevice::allIsReadUntilTheEnd()
{
    Pipe pipe;
    const auto all = readAll(pipe);
    pipe.feedOneByOne("hello");
    QCoreApplication::processEvents();
    QVERIFY(!all.isFinished());
    pipe.end();
    QCOMPARE(resultOf(all), "hello");
    QCOMPARE(resultOf(readAll(pipe)), "");
}

void tst_IODevice::endBeforeTheWholeIsAnError()
{
    Pipe pipe;
    pipe.feed("abc");
    const auto bytes = readExactly(pipe, 4);
    const auto piece = readUntil(pipe, "-");
    pipe.end();
    QVERIFY(failsFor(Reason::EndOfStream, bytes));
    QVERIFY(failsFor(Reason::EndOfStream, piece));
    QCOMPARE(resultOf(readAll(pipe)), "abc");
}

void tst_IODevice::endBeforeTheCallIsSeen()
{
    Pipe pipe;
    pipe.feed("abc");
    pipe.end();
    QVERIFY(failsFor(Reason::EndOfStream, readExactly(pipe, 4)));
    const auto line = readLine(pipe);
    QVERIFY(line.isFinished());
    QCOMPARE(resultOf(line), Line("abc"));
}

void tst_IODevice::readsWaitForTheirTurn()
{
    Pipe pipe;
    const auto bytes = readExactly(pipe, 6);
    pipe.feed("ab\n");
    const auto line = readLine(pipe);
    QCoreApplication::processEvents();
    QVERIFY(!line.isFinished());
    pipe.feed("cd\nef\n");
    QCOMPARE(resultOf(bytes), "ab\ncd\n");
    QCOMPARE(resultOf(line), Line("ef\n"));
}

void tst_IODevice::endsThroughTheLoop()
{
    QPointer<Pipe> pipe(new Pipe);
    QObject context;
    const auto done = readLine(*pipe).then(&context, [&](const Line &) { delete pipe; });
    pipe->feed("one\n");
    QVERIFY(pipe);
    resultOf(done);
    QVERIFY(!pipe);
}

void tst_IODevice::cancelLosesNothing()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    pipe.feed("one\n");
    line.cancel(); // it is on its way
    QVERIFY(isCanceledInTime(line));
    const auto bytes = readExactly(pipe, 10);
    OutsideThread([&] { bytes.cancel(); }).result();
    QVERIFY(bytes.isCanceled());
    QCOMPARE(resultOf(readLine(pipe)), Line("one\n"));
}

void tst_IODevice::cancelLetsTheNextOneRead()
{
    Pipe pipe;
    const auto bytes = readExactly(pipe, 10);
    const auto line = readLine(pipe);
    pipe.feed("one\n");
    QCoreApplication::processEvents();
    bytes.cancel();
    QCOMPARE(resultOf(line), Line("one\n"));
}

void tst_IODevice::scopesAndLoopsEndIt()
{
    Pipe pipe;
    QVERIFY(failsWith<TimeoutError>(failAfter(1ms, [&] { return readLine(pipe); })));
    CancelScope scope;
    scope.cancel();
    pipe.feed("one\n");
    QVERIFY(scope.run([&] { return readLine(pipe); }).isCanceled());
    QCOMPARE(resultOf(readLine(pipe)), Line("one\n"));

    PendingCall<Line> call;
    std::unique_ptr<Pipe> far;
    {
        LoopThread thread;
        thread.call([&] {
            far = std::make_unique<Pipe>();
            call = readLine(*far);
        });
    }
    QVERIFY(call.isCanceled());
}

void tst_IODevice::failureIsAnErrorAfterTheData()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    const auto all = readAll(pipe);
    pipe.feed("one\ntw");
    pipe.breakDown();
    QCOMPARE(resultOf(line), Line("one\n"));
    const auto error = errorOf(all);
    QVERIFY(error);
    QCOMPARE(error->reason(), Reason::Failed);
    QCOMPARE(error->errorString(), u"it broke"_s);
    QVERIFY(failsFor(Reason::Failed, readLine(pipe)));
    QCOMPARE(pipe.readAll(), "tw");
}

void tst_IODevice::closeEndsIt()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    const auto all = readAll(pipe);
    pipe.close();
    QVERIFY(failsFor(Reason::NotOpen, line));
    QVERIFY(failsFor(Reason::NotOpen, all));
    QVERIFY(failsFor(Reason::NotOpen, readLine(pipe)));
    QVERIFY(failsFor(Reason::NotOpen, writeAll(pipe, "x")));
}

void tst_IODevice::deathEndsIt()
{
    auto pipe = std::make_unique<Pipe>();
    const auto line = readLine(*pipe);
    const auto written = writeAll(*pipe, "x");
    pipe.reset();
    QVERIFY(!line.isFinished());
    QVERIFY(failsWith<SenderDestroyedError>(line));
    QVERIFY(failsWith<SenderDestroyedError>(written));
}

void tst_IODevice::disconnectEndsIt()
{
    Pipe pipe;
    const auto line = readLine(pipe);
    pipe.disconnect();
    QVERIFY(failsWith<SenderDestroyedError>(line));
    const auto next = readLine(pipe);
    pipe.feed("one\n");
    QCOMPARE(resultOf(next), Line("one\n"));
}

void tst_IODevice::writingEndsWhenAllIsWritten()
{
    Pipe pipe;
    const auto written = writeAll(pipe, "hello");
    QCoreApplication::processEvents();
    QVERIFY(!written.isFinished());
    QCOMPARE(pipe.drain(), "hello");
    resultOf(written);
    resultOf(writeAll(pipe, {}));
}

void tst_IODevice::writingWaitsForRoom()
{
    Pipe pipe;
    pipe.room = 3;
    const auto first = writeAll(pipe, "1234");
    const auto second = writeAll(pipe, "56");
    QByteArray all = pipe.drain();
    QCOMPARE(all, "123");
    QVERIFY(spinUntil([&] {
        if (pipe.bytesToWrite() > 0)
            all += pipe.drain();
        return second.isFinished();
    }));
    QVERIFY(first.isFinished());
    QCOMPARE(all, "123456");
}

void tst_IODevice::writesKeepTheirOrder()
{
    Pipe pipe;
    const auto first = writeAll(pipe, "12");
    const auto second = writeAll(pipe, "34");
    QCOMPARE(pipe.drain(), "1234");
    resultOf(first);
    resultOf(second);
}

void tst_IODevice::writingFails()
{
    Pipe pipe;
    const auto written = writeAll(pipe, "12");
    pipe.breakDown();
    QVERIFY(failsFor(Reason::Failed, written));
    const auto error = errorOf(writeAll(pipe, "34"));
    QVERIFY(error);
    QCOMPARE(error->errorString(), u"it broke"_s);
}

void tst_IODevice::closeAfterTheWritingIsNoError()
{
    Pipe pipe;
    const auto written = writeAll(pipe, "12");
    pipe.drain();
    pipe.close();
    resultOf(written);
}

void tst_IODevice::buffersHaveAllAtOnce()
{
    QByteArray bytes("one\ntwo");
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    QCOMPARE(resultOf(readLine(buffer)), Line("one\n"));
    QCOMPARE(resultOf(readAll(buffer)), "two");
    QVERIFY(!resultOf(readLine(buffer)));
}

static Task<QByteArray> askCat(QStringList questions)
{
    QProcess cat;
    cat.start(u"cat"_s, QStringList());
    QByteArray answers;
    for (const QString &question : questions) {
        co_await writeAll(cat, question.toUtf8() + '\n');
        const auto answer = co_await readLine(cat);
        answers += answer.value();
    }
    cat.closeWriteChannel();
    co_return answers + co_await readAll(cat);
}

void tst_IODevice::tasksReadProcesses()
{
    QCOMPARE(resultOfTask(askCat({ u"one"_s, u"two"_s })), "one\ntwo\n");
}

void tst_IODevice::processesEnd()
{
    QProcess process;
    process.start(u"echo"_s, { u"one"_s });
    QCOMPARE(resultOf(readAll(process)), "one\n");
    QCOMPARE(resultOf(readAll(process)), "");
    process.start(u"sleep"_s, { u"3600"_s });
    const auto line = readLine(process);
    process.kill();
    QVERIFY(failsFor(Reason::Failed, line));

    process.start(u"echo"_s, { u"two"_s }); // again
    QCOMPARE(resultOf(readAll(process)), "two\n");
}

void tst_IODevice::processThatIsNotThereFails()
{
    QProcess process;
    process.start(u"/no/such/program"_s, QStringList());
    QIODevice &device = process;
    QVERIFY(failsFor(Reason::Failed, readAll(process)));
    QVERIFY(failsFor(Reason::Failed, readLine(device)));
    QVERIFY(failsFor(Reason::Failed, writeAll(process, "x")));
}

void tst_IODevice::wrongUseIsNamed()
{
    Pipe pipe;
    QVERIFY(throws<InvalidUseError>([&] { (void)readLine(pipe, 0); }));
    QVERIFY(throws<InvalidUseError>([&] { (void)readUntil(pipe, {}); }));
    QVERIFY(throws<InvalidUseError>([&] { (void)readExactly(pipe, -1); }));
    QFile file;
    QVERIFY(throws<InvalidUseError>([&] { (void)readAll(file); }));
    OutsideThread([&] {
        QVERIFY(throws<NoEventLoopError>([&] { (void)readAll(pipe); }));
    }).result();
    LoopThread thread;
    thread.call([&] { QVERIFY(throws<InvalidUseError>([&] { (void)readAll(pipe); })); });

    const auto line = readLine(pipe);
    pipe.moveToThread(&thread);
    thread.call([&] { pipe.feed("one\n"); });
    QVERIFY(failsWith<InvalidUseError>(line));
    thread.call([&] { pipe.moveToThread(QCoreApplication::instance()->thread()); });
}

QTEST_GUILESS_MAIN(tst_IODevice)
#include "tst_iodevice.moc"
