// SPDX-License-Identifier: MIT
#include "testing.h"

#include <qferry/base/lists.h>

#include <thread>
#include <vector>

using namespace QFerry::Detail;

class tst_Lists : public QObject
{
    Q_OBJECT
private slots:
    void elementsComeInOrder();
    void elementsLeaveFromAnywhere();
    void listsJoin();
    void elementsOfTwoLists();
    void stackGivesTheOldestFirst();
    void stackRefusesAtItsBottom();
    void stackLosesNothing();
};

namespace {

struct Other;

struct Number : ListLink<Number>, ListLink<Number, Other>
{
    explicit Number(int n) : value(n) {}
    ListLink<Number> &link() { return *this; }
    const int value;
};

struct Plain : ListLink<Plain>
{
    explicit Plain(int n) : value(n) {}
    const int value;
};

template <typename List>
QList<int> valuesOf(const List &list)
{
    QList<int> values;
    for (const auto *element : list)
        values.append(element->value);
    return values;
}

struct Item
{
    int value = 0;
    Item *m_next = nullptr;
};
using Stack = MarkedStack<Item>;

} // namespace

void tst_Lists::elementsComeInOrder()
{
    LinkedList<Plain> list;
    QVERIFY(list.isEmpty());
    QVERIFY(!list.first() && !list.last() && !list.takeFirst());

    Plain one(1), two(2), three(3);
    QVERIFY(!one.isLinked());
    list.append(&two);
    list.append(&three);
    list.prepend(&one);
    QVERIFY(one.isLinked());
    QCOMPARE(valuesOf(list), QList({ 1, 2, 3 }));
    QCOMPARE(list.first(), &one);
    QCOMPARE(list.last(), &three);

    QCOMPARE(list.takeFirst(), &one);
    QVERIFY(!one.isLinked());
    QCOMPARE(valuesOf(list), QList({ 2, 3 }));
}

void tst_Lists::elementsLeaveFromAnywhere()
{
    LinkedList<Plain> list;
    Plain one(1), two(2), three(3);
    for (Plain *element : { &one, &two, &three })
        list.append(element);

    two.unlink();
    QCOMPARE(valuesOf(list), QList({ 1, 3 }));
    one.unlink();
    three.unlink();
    QVERIFY(list.isEmpty());
    list.append(&two);
    QCOMPARE(valuesOf(list), QList({ 2 }));
}

void tst_Lists::listsJoin()
{
    LinkedList<Plain> list;
    LinkedList<Plain> other;
    Plain one(1), two(2), three(3);
    other.appendAll(list);
    QVERIFY(other.isEmpty());
    list.append(&one);
    other.append(&two);
    other.append(&three);
    list.appendAll(other);
    QVERIFY(other.isEmpty());
    QCOMPARE(valuesOf(list), QList({ 1, 2, 3 }));
    other.appendAll(list);
    QVERIFY(list.isEmpty());
    three.unlink();
    QCOMPARE(valuesOf(other), QList({ 1, 2 }));
}

void tst_Lists::elementsOfTwoLists()
{
    LinkedList<Number> list;
    LinkedList<Number, Other> other;
    Number one(1), two(2);
    list.append(&one);
    other.append(&one);
    other.prepend(&two);
    one.link().unlink();
    QVERIFY(list.isEmpty());
    QCOMPARE(valuesOf(other), QList({ 2, 1 }));
}

void tst_Lists::stackGivesTheOldestFirst()
{
    Stack stack;
    Item items[3]{ { 1 }, { 2 }, { 3 } };
    QCOMPARE(stack.push(&items[0], std::memory_order_release), nullptr);
    QCOMPARE(stack.push(&items[1], std::memory_order_release), &items[0]);
    stack.push(&items[2], std::memory_order_release);
    QVERIFY(!stack.exchangeBottom(nullptr, Stack::mark(), std::memory_order_relaxed));

    Item *first = Stack::oldestFirst(stack.takeAll(Stack::mark(), std::memory_order_acquire));
    for (int value : { 1, 2, 3 }) {
        QVERIFY(first);
        QCOMPARE(first->value, value);
        first = first->m_next;
    }
    QVERIFY(!first);
    QCOMPARE(stack.top(std::memory_order_relaxed), Stack::mark());
    QVERIFY(!Stack::isElement(stack.top(std::memory_order_relaxed)));
}

void tst_Lists::stackRefusesAtItsBottom()
{
    constexpr auto relaxed = std::memory_order_relaxed;
    Stack stack;
    Item one{ 1 };
    Item two{ 2 };
    QCOMPARE(stack.push(&one, nullptr, relaxed, relaxed), nullptr);
    QCOMPARE(stack.top(relaxed), nullptr);
    QVERIFY(stack.exchangeBottom(nullptr, Stack::mark(), relaxed));
    QCOMPARE(stack.push(&one, nullptr, relaxed, relaxed), Stack::mark());
    QCOMPARE(stack.push(&two, nullptr, relaxed, relaxed), &one);

    const Item *first = Stack::oldestFirst(stack.takeAll(nullptr, relaxed)); // above a mark
    QCOMPARE(first, &one);
    QCOMPARE(first->m_next, &two);
    QCOMPARE(two.m_next, nullptr);
}

void tst_Lists::stackLosesNothing()
{
    constexpr int count = 20'000;
    Stack stack;
    std::vector<Item> items(2 * count);
    const auto pushFrom = [&](int start) {
        for (int i = 0; i < count; ++i) {
            items[size_t(start + i)].value = i;
            stack.push(&items[size_t(start + i)], std::memory_order_release);
        }
    };
    std::thread one(pushFrom, 0);
    std::thread two(pushFrom, count);
    int taken = 0;
    int next[2] = { 0, 0 };
    bool isInOrder = true;
    while (taken < 2 * count) {
        Item *item = Stack::oldestFirst(stack.takeAll(nullptr, std::memory_order_acquire));
        for (; item; item = item->m_next, ++taken)
            isInOrder = isInOrder && item->value == next[item - items.data() >= count]++;
    }
    one.join();
    two.join();
    QVERIFY(isInOrder);
}

QTEST_APPLESS_MAIN(tst_Lists)
#include "tst_lists.moc"
