// SPDX-License-Identifier: MIT
// What compilers make of co_await expressions. Each idiom counts the objects that it made, and
// those that were destroyed: g++ 12 destroys some twice, as docs/coroutines.md tells. A form that
// no compiler is known to get wrong must be right; of one that a compiler is known to get wrong it
// is only told if it works by now.
#include "testing.h" // before the next, which has nothing of Qt: moc wants that first

#include "task.h"

#include <QtCore/qdiriterator.h>
#include <QtCore/qprocess.h>
#include <QtCore/qregularexpression.h>
#include <QtCore/qset.h>
#include <QtCore/qstandardpaths.h>
#include <QtCore/qtemporarydir.h>

using namespace QFerry;
using namespace Qt::StringLiterals;
using Testing::EagerTask;
using Testing::spinUntil;

namespace {

/// Owns nothing, so that it may be destroyed twice.
struct Probe
{
    Probe() { ++made; }
    Probe(const Probe &) noexcept { ++made; }
    Probe(Probe &&) noexcept { ++made; }
    Probe &operator=(const Probe &) = default;
    Probe &operator=(Probe &&) = default;
    ~Probe() { ++gone; }

    bool isThere = true;
    static inline std::atomic<int> made = 0; // workers count, too
    static inline std::atomic<int> gone = 0;
};

struct Options
{
    Probe name = {};
    int number = 0;
};

/// Nothing resumes who awaits it: the coroutine is destroyed there.
struct Forever
{
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<>) const {}
    void await_resume() const {}
};

// What idioms await.
PendingCall<int> call()
{
    return toThread([] { return 1; });
}
PendingCall<int> callByOptions(const Options &)
{
    return call();
}
PendingCall<int> callOfFunction(const std::function<void()> &f)
{
    return toThread([f] {
        f();
        return 1;
    });
}
auto functionOf(const Probe &probe)
{
    return [probe] { (void)probe; };
}
PendingCall<int> callByUsualOptions(const Options & = {})
{
    return call();
}
EagerTask<int> take(Probe)
{
    co_return co_await call();
}
EagerTask<int> takeReference(const Probe &)
{
    co_return co_await call();
}
EagerTask<int> takeOptions(Options)
{
    co_return co_await call();
}
EagerTask<Probe> make()
{
    co_await call();
    co_return Probe();
}
EagerTask<std::pair<Probe, Probe>> makePair()
{
    co_await call();
    co_return std::pair<Probe, Probe>();
}
EagerTask<std::vector<Probe>> makeList()
{
    co_await call();
    co_return std::vector<Probe>(3);
}
EagerTask<int> fail(Probe)
{
    co_await call();
    throw std::domain_error("fails");
}
EagerTask<int> failAtOnce(Probe)
{
    throw std::domain_error("fails");
    co_return 0;
}
EagerTask<int> stay(Probe)
{
    co_await Forever();
    co_return 0;
}

/// Which compilers are known to get an idiom wrong.
enum Wrong {
    Nowhere = 0,
    Gcc12 = 1, // and those before
    Gcc15 = 2, // and 16
    Clang = 4, // 14, at least
};

constexpr Wrong here =
#if defined(__clang__)
        Clang;
#elif defined(__GNUC__) && __GNUC__ <= 12
        Gcc12;
#elif defined(__GNUC__) && __GNUC__ >= 15
        Gcc15;
#else
        Nowhere;
#endif

struct Idiom
{
    const char *sentence;
    EagerTask<int> (*run)();
    int wrong = Nowhere;
};

const Idiom finished[] = {
    // What docs/coroutines.md recommends.
    { "a function that captures references is awaited",
      []() -> EagerTask<int> {
          Probe p;
          co_await toThread([&] { (void)p; });
          co_return co_await toThread([&p] {
              (void)p;
              return 1;
          });
      } },
    { "a function that captures numbers and pointers by value is awaited",
      []() -> EagerTask<int> {
          Probe p;
          int n = 3;
          co_return co_await toThread([q = &p, n] { return q ? n : 0; });
      } },
    { "a function without captures gets arguments",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await toThread([](const Probe &) { return 1; }, p);
      } },
    { "a function without captures gets temporary arguments",
      []() -> EagerTask<int> {
          co_return co_await toThread([](const Probe &) { return 1; }, Probe());
      } },
    { "a named function with captures is passed on",
      []() -> EagerTask<int> {
          Probe p;
          auto work = [p] { (void)p; };
          co_await toThread(work);
          co_await toThread(std::move(work));
          co_return 1;
      } },
    { "a function returns a function with captures",
      []() -> EagerTask<int> {
          Probe p;
          co_await toThread(functionOf(p));
          co_return 1;
      } },
    { "the arguments of a function are bound",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await toThread(std::bind_front([](const Probe &) { return 1; }, p));
      } },
    { "a call is named, then awaited",
      []() -> EagerTask<int> {
          Probe p;
          const auto call = toThread([p] { return 1; });
          co_return co_await call;
      } },
    { "a chain is named, then awaited",
      []() -> EagerTask<int> {
          Probe p;
          const auto chain = toThread([p] { return 1; }).then(qApp, [p](int n) { return n; });
          co_return co_await chain;
      } },
    { "a call is made in a function that is called at once",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await [&] { return toThread([p] { return 1; }); }();
      } },
    { "options are named, then passed on",
      []() -> EagerTask<int> {
          Probe p;
          const Options options{ .name = p };
          co_return co_await callByOptions(options);
      } },
    { "options without owners of memory are written where they are used",
      []() -> EagerTask<int> {
          CapacityLimiter limiter(1);
          co_return co_await toThread({ .limiter = &limiter, .name = u"name"_s }, [] { return 1; });
      } },

    // Functions with captures, options, and aggregates in general.
    { "a function with captures is awaited",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await toThread([p] { return 1; });
      },
      Gcc12 },
    { "a function with a capture that is moved is awaited",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await toThread([q = std::move(p)] { return 1; });
      },
      Gcc12 },
    { "a function with a capture that is made there is awaited",
      []() -> EagerTask<int> { co_return co_await toThread([q = Probe()] { return 1; }); }, Gcc12 },
    { "a function with captures becomes a std::function",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await callOfFunction([p] { (void)p; });
      },
      Gcc12 },
    { "a handler with captures belongs to what is awaited",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await toThread([] { return 1; }).then(qApp, [p](int n) { return n; });
      },
      Gcc12 },
    { "a function with captures is beside what is awaited",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await call() + [p] { return 1; }();
      },
      Gcc12 },
    { "a coroutine with captures is called at once",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await [p]() -> EagerTask<int> { co_return co_await call(); }();
      },
      Gcc12 },
    { "options are written where they are used",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await callByOptions({ .name = p });
      },
      Gcc12 },
    { "options of a named type are written where they are used",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await callByOptions(Options{ .name = p });
      },
      Gcc12 },
    { "options with an owner that has its default are written where they are used",
      []() -> EagerTask<int> { co_return co_await callByOptions({ .number = 3 }); }, Gcc12 },
    { "options are a default argument",
      []() -> EagerTask<int> { co_return co_await callByUsualOptions(); }, Gcc12 },
    { "an aggregate is a coroutine's parameter",
      []() -> EagerTask<int> { co_return co_await takeOptions({ .name = Probe(), .number = 3 }); },
      Gcc12 },
    { "an aggregate is made of what is awaited",
      []() -> EagerTask<int> {
          const Options options{ .name = co_await make(), .number = co_await call() };
          co_return options.number;
      },
      Gcc12 },

    // Temporaries that have constructors.
    { "a coroutine takes a temporary",
      []() -> EagerTask<int> { co_return co_await take(Probe()); } },
    { "a coroutine takes a reference to a temporary",
      []() -> EagerTask<int> { co_return co_await takeReference(Probe()); } },
    { "a coroutine takes a copy",
      []() -> EagerTask<int> {
          Probe p;
          co_return co_await take(p);
      } },
    { "two are awaited in one expression",
      []() -> EagerTask<int> { co_return co_await take(Probe()) + co_await take(Probe()); } },
    { "what is awaited is passed on to what is awaited",
      []() -> EagerTask<int> { co_return co_await take(co_await make()); } },

    // Results.
    { "a result is dropped",
      []() -> EagerTask<int> {
          co_await make();
          co_return 1;
      } },
    { "a result is kept",
      []() -> EagerTask<int> {
          const Probe p = co_await make();
          co_return co_await call();
      } },
    { "a result is bound to a reference",
      []() -> EagerTask<int> {
          const Probe &p = co_await make();
          (void)p;
          co_return co_await call();
      } },
    { "a result is taken apart",
      []() -> EagerTask<int> {
          auto [a, b] = co_await makePair();
          co_return co_await call();
      },
      Gcc15 },
    { "results are taken apart in a loop",
      []() -> EagerTask<int> {
          for (int i = 0; i < 3; ++i) {
              auto [a, b] = co_await makePair();
              co_await call();
          }
          co_return 1;
      },
      Gcc15 },
    { "a result is named, then taken apart",
      []() -> EagerTask<int> {
          for (int i = 0; i < 3; ++i) {
              const auto pair = co_await makePair();
              const auto &[a, b] = pair;
              (void)a;
              co_await call();
          }
          co_return 1;
      } },

    // Control flow.
    { "?: awaits what it gives",
      []() -> EagerTask<int> {
          bool isWanted = true;
          const Probe p = isWanted ? co_await make() : Probe();
          co_return co_await call();
      },
      Gcc12 },
    { "?: does not await what it might give",
      []() -> EagerTask<int> {
          bool isWanted = false;
          const Probe p = isWanted ? co_await make() : Probe();
          co_return co_await call();
      },
      Gcc12 },
    { "?: awaits a number",
      []() -> EagerTask<int> {
          bool isWanted = true;
          co_return isWanted ? co_await call() : 0;
      } },
    { "&& and || await",
      []() -> EagerTask<int> {
          const bool isRight = co_await take(Probe()) == 1
                               && (co_await take(Probe()) == 2 || co_await take(Probe()) == 1);
          co_return isRight;
      } },
    { "if awaits what it declares",
      []() -> EagerTask<int> {
          if (const Probe p = co_await make(); p.isThere)
              co_return co_await call();
          co_return 0;
      } },
    { "switch awaits",
      []() -> EagerTask<int> {
          switch (co_await take(Probe())) {
          case 1: {
              const Probe p;
              co_return co_await call();
          }
          default:
              co_return 0;
          }
      } },
    { "for awaits its named range",
      []() -> EagerTask<int> {
          const auto all = co_await makeList();
          for (const Probe &p : all) {
              (void)p;
              co_await call();
          }
          co_return 1;
      } },
    { "for awaits its range",
      []() -> EagerTask<int> {
          for (const Probe &p : co_await makeList()) {
              (void)p;
              co_await call();
          }
          co_return 1;
      } },

    // Errors.
    { "an error leaves a coroutine with parameters",
      []() -> EagerTask<int> {
          try {
              co_await fail(Probe());
          } catch (const std::domain_error &) {
          }
          co_return 1;
      } },
    { "an error leaves a coroutine before it is suspended",
      []() -> EagerTask<int> {
          try {
              co_await failAtOnce(Probe());
          } catch (const std::domain_error &) {
          }
          co_return 1;
      } },

// g++ 12 does not compile them: "array used as initializer"
#if !defined(__GNUC__) || defined(__clang__) || __GNUC__ > 12
    { "a list is written where it is used",
      []() -> EagerTask<int> {
          Probe p;
          const auto count = [](const std::vector<Probe> &) { return call(); };
          co_return co_await count({ p, p });
      } },
    { "a list is made of what is awaited",
      []() -> EagerTask<int> {
          const std::vector<Probe> all{ co_await make(), co_await make() };
          co_return 1;
      } },
#endif
};

const Idiom left[] = {
    { "with a local",
      []() -> EagerTask<int> {
          const Probe p;
          co_await Forever();
          co_return 0;
      } },
    { "with a temporary argument", []() -> EagerTask<int> { co_return co_await stay(Probe()); } },
    { "with two that wait in one expression",
      []() -> EagerTask<int> { co_return co_await stay(Probe()) + co_await stay(Probe()); } },
    { "with an aggregate that is being made",
      []() -> EagerTask<int> {
          const Options options{ .name = Probe(), .number = (co_await Forever(), 1) };
          co_return options.number;
      },
      Clang },
    { "with a result that is taken apart",
      []() -> EagerTask<int> {
          auto [a, b] = std::pair<Probe, Probe>();
          co_await Forever();
          co_return 0;
      },
      Gcc15 },
    { "in a loop over a temporary",
      []() -> EagerTask<int> {
          for (const Probe &p : std::vector<Probe>(3)) {
              (void)p;
              co_await Forever();
          }
          co_return 0;
      } },
};

void addRows(std::span<const Idiom> idioms)
{
    QTest::addColumn<const Idiom *>("idiom");
    for (const Idiom &idiom : idioms)
        QTest::newRow(idiom.sentence) << &idiom;
}

void judge(const Idiom &idiom)
{
    const QByteArray counts = "made " + QByteArray::number(Probe::made) + ", destroyed "
                              + QByteArray::number(Probe::gone);
    const bool isRight = Probe::made == Probe::gone;
    if ((idiom.wrong & here) == 0)
        QVERIFY2(isRight, counts);
    else if (isRight)
        qWarning("this compiler is said to get it wrong, but does not");
    else
        qInfo("this compiler gets it wrong, as is known: %s", counts.constData());
}

} // namespace

class tst_Pitfalls : public QObject
{
    Q_OBJECT
private slots:
    void init() { Probe::made = Probe::gone = 0; }
    void coroutinesThatFinish_data() { addRows(finished); }
    void coroutinesThatFinish();
    void coroutinesThatAreDestroyed_data() { addRows(left); }
    void coroutinesThatAreDestroyed();
    void sourcesAwaitOnlyWhatIsRight();
    void queryFindsWhatIsWrong();
};

void tst_Pitfalls::coroutinesThatFinish()
{
    QFETCH(const Idiom *, idiom);
    {
        auto task = idiom->run();
        QVERIFY(spinUntil([&] { return task.isDone(); }));
        QVERIFY(task.take() > 0);
    }
    QVERIFY(spinUntil([] { return Probe::gone >= Probe::made; })); // also by workers
    judge(*idiom);
}

void tst_Pitfalls::coroutinesThatAreDestroyed()
{
    QFETCH(const Idiom *, idiom);
    QVERIFY(!idiom->run().isDone());
    judge(*idiom);
}

/// Whether a function with such captures is right in a co_await expression; those that the text
/// does not show to be references are not.
static bool areRight(const QString &captures)
{
    const QStringList list = captures.split(u',', Qt::SkipEmptyParts);
    return std::ranges::all_of(list, [](const QString &capture) {
        return capture.trimmed().startsWith(u'&') || capture.trimmed() == u"this"_s;
    });
}

/// What a file awaits with captures, or with options that have a name which is no literal.
static QStringList wrongAwaits(const QString &text)
{
    static const QRegularExpression await(u"\\bco_await\\b[^;]*"_s);
    static const QRegularExpression captures(u"\\[([^\\[\\]]*)\\]\\s*[({]"_s);
    static const QRegularExpression name(u"\\.name = (?!u\")"_s);
    QStringList wrong;
    for (const auto &found : await.globalMatch(text)) {
        const QString awaited = found.captured();
        for (const auto &function : captures.globalMatch(awaited)) {
            if (!areRight(function.captured(1)))
                wrong << awaited;
        }
        if (awaited.contains(name))
            wrong << awaited;
    }
    return wrong;
}

void tst_Pitfalls::sourcesAwaitOnlyWhatIsRight()
{
    QCOMPARE(wrongAwaits(u"co_await toThread([path] { f(path); });"_s).size(), 1);
    QCOMPARE(wrongAwaits(u"co_await toThread({ .name = name }, [&, this] { f(); });"_s).size(), 1);
    const QDir top(QStringLiteral(QFERRY_PAGES));
    QStringList wrong;
    for (const QString &folder : { u"examples"_s, u"qml"_s, u"src"_s, u"tests"_s }) {
        QDirIterator i(top.filePath(folder), { u"*.cpp"_s, u"*.h"_s }, QDir::Files,
                       QDirIterator::Subdirectories);
        while (i.hasNext()) {
            QFile file(i.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            if (i.fileName() != u"tst_pitfalls.cpp"_s)
                wrong << wrongAwaits(QString::fromUtf8(file.readAll()));
        }
    }
    QCOMPARE(wrong.join(u'\n'), QString());
}

/// What docs/coroutines.query is tried on. g++ 12 destroys something twice in the lines that say
/// so.
static const char awaits[] = R"(
#include <coroutine>
#include <string>
using S = std::string;
struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};
template <typename T>
struct Call {
    bool await_ready() const { return true; }
    void await_suspend(std::coroutine_handle<>) const {}
    T await_resume() const { return {}; }
};
struct Options { S name = {}; int number = 0; };
template <typename F> Call<int> call(const F &) { return {}; }
template <typename F> Call<int> call(const Options &, const F &) { return {}; }
Call<S> text(const Options & = {}) { return {}; }
template <typename F> void run(const F &) {}
Task f1(S s) { co_await call([s] {}); }                                        // wrong
Task f2(S s) { const int n = co_await call([t = S(s)] {}) + 1; (void)n; }      // wrong
Task f3(S s) { co_await call({ .name = s }, [] {}); }                          // wrong
Task f4() { co_await text(); }                                                 // wrong
Task f5(bool b) { const S s = b ? co_await text({ "" }) : S(); }               // wrong
Task f6(Call<S> c) { const Options o{ .name = co_await c }; (void)o; }         // wrong
Task f7(S s) { run([s]() -> Task { co_await call([s] {}); }); co_return; }     // wrong
Task f8(S s) { co_await call([] {}), [s] {}(); }                               // wrong
Task g1(S s) { co_await call([&] { return s.size(); }); }
Task g2(S s) { auto f = [s] {}; co_await call(f); }
Task g3(S s) { const auto c = call({ .name = s }, [s] {}); co_await c; }
Task g4(S s) { co_await [&] { return call([s] {}); }(); }
Task g5(S s) { const Options o{ .name = s }; co_await call(o, [] {}); }
Task g6(bool b) { const int n = b ? co_await call([] {}) : 1; (void)n; co_return; }
Task g7(S s) { run([s]() -> Task { co_await call([] {}); }); co_return; }
Task g8(S s) { call([s] {}); co_await call([n = int(s.size())] { return n; }); }
void g9(S s) { run([s]() -> Task { co_await call([] {}); }); }
)";

void tst_Pitfalls::queryFindsWhatIsWrong()
{
    const QString program = QStandardPaths::findExecutable(u"clang-query"_s);
    if (program.isEmpty())
        QSKIP("there is no clang-query");
    const QTemporaryDir folder;
    QFile file(folder.filePath(u"awaits.cpp"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(awaits);
    file.close();

    QProcess query;
    query.start(program, { u"-f"_s, QStringLiteral(QFERRY_PAGES "/docs/coroutines.query"),
                           file.fileName(), u"--"_s, u"-std=c++20"_s });
    QVERIFY(query.waitForFinished(60'000));

    const QString output = QString::fromUtf8(query.readAll());
    QVERIFY2(query.exitCode() == 0 && !output.contains(u"error:"_s), qPrintable(output));
    QSet<int> found;
    static const QRegularExpression note(u"awaits\\.cpp:(\\d+):\\d+: note: \"expression\""_s);
    for (const auto &line : note.globalMatch(output))
        found << line.captured(1).toInt();
    QSet<int> wrong;
    const QStringList lines = QString::fromUtf8(awaits).split(u'\n');
    for (int i = 0; i < lines.size(); ++i) {
        if (lines[i].endsWith(u"// wrong"_s))
            wrong << i + 1;
    }
    QCOMPARE(found, wrong);
}

QTEST_GUILESS_MAIN(tst_Pitfalls)
#include "tst_pitfalls.moc"
