# Callbacks that change what they were called for: comparisons, hashes, keys, iterators.
# What is found afterwards must be there; the rest is nobody's promise but ours.
import gc


class Key:
    act = None

    def __init__(self, v):
        self.v = v

    def __hash__(self):
        return 5

    def __eq__(self, other):
        act, Key.act = Key.act, None
        if act:
            act()
            gc.collect()
        return isinstance(other, Key) and self.v == other.v


def fresh(n):
    return {Key(i): i for i in range(n)}


def during(act, ask):
    Key.act = act
    try:
        return ask()
    except KeyError:
        return "no key"
    finally:
        Key.act = None


for n in (2, 8, 9, 50):
    d = fresh(n)
    print(n, during(d.clear, lambda: d[Key(n - 1)]), len(d), end=" ")
    d = fresh(n)
    print(during(lambda: d.update({i: i for i in range(100)}), lambda: d[Key(n - 1)]), len(d), end=" ")
    d = fresh(n)
    print(during(d.popitem, lambda: d.setdefault(Key(n - 1), "new")), len(d), end=" ")
    d = fresh(n)

    def store():
        d[Key(n)] = "x"

    print(during(d.clear, store), len(d), list(d.values()), end=" ")
    d = fresh(n)
    print(during(lambda: d.pop(Key(n - 1)), lambda: d.pop(Key(n - 1))), len(d), end=" ")
    s = {Key(i) for i in range(n)}
    print(during(s.clear, lambda: Key(0) in s), len(s))

l = [Key(i) for i in range(5)]
print(during(l.clear, lambda: l.count(Key(3))), l)
l = [Key(i) for i in range(5)]
try:
    during(l.clear, lambda: l.remove(Key(0)))
except ValueError as e:
    print(e, l)
l = [Key(i) for i in range(5)]
print(during(lambda: l.append(Key(9)), lambda: l.index(Key(9))), len(l))
a, b = [Key(1), Key(2)], [Key(1), Key(2)]
print(during(b.clear, lambda: a == b))

l = [5, 3, 4, 1, 2]


def grow(x):
    l.append(x)
    return x


l.sort(key=grow)
print(l)
l = [5, 3, 4]
l.sort(key=lambda x: (l.clear(), gc.collect(), x)[2])
print(l)


class Less:
    def __init__(self, v):
        self.v = v

    def __lt__(self, other):
        less.clear()
        gc.collect()
        return self.v < other.v


less = [Less(i * 7 % 40) for i in range(40)]
less.sort()
print([x.v for x in less] == list(range(40)))
less = [Less(1), Less("a")]
try:
    less.sort()
except TypeError as e:
    print(e, len(less))


def bad(x):
    if x == 2:
        raise ValueError("two")
    return -x


l = [1, 2, 3]
try:
    l.sort(key=bad)
except ValueError as e:
    print(e, l)

l = [1, 2, 3, 4]
print([l.pop() for x in l], [x for x in map(lambda x: (l.append(0) if len(l) < 6 else 0, x)[1], l)])
d = {1: 1, 2: 2}
out = []
for k in d:
    out.append(k)
    if len(d) < 40:
        d[len(d) + 1] = 0
print(len(out), len(d))
for k in d:
    d.clear()
print(d)
s = {1, 2, 3}
for x in s:
    s.discard(x)
    s.add(x + 10) if len(s) < 30 and x < 40 else None
print(len(s) < 31)


class Iter:
    def __iter__(self):
        return self

    def __next__(self):
        target.clear()
        gc.collect()
        target.append(7)
        self.n = getattr(self, "n", 0) + 1
        if self.n > 3:
            raise StopIteration
        return self.n


target = [1, 2]
target.extend(Iter())
print(target)
target = [1, 2]
print(list(zip(target, Iter())), target)


class Repr:
    def __repr__(self):
        hold.clear()
        gc.collect()
        return "R"


hold = [Repr(), 2, 3]
print(repr(hold), hold)
held = {1: Repr(), 2: 3}
hold = held
print(repr(hold), hold)


class Index:
    def __index__(self):
        return 0

    def __int__(self):
        return 0


import heapq


class Heap:
    def __init__(self, v):
        self.v = v

    def __lt__(self, other):
        heap.clear()
        return self.v < other.v


heap = [Heap(i) for i in range(9)]
try:
    heapq.heappush(heap, Heap(-1))
    heapq.heapify(heap)
except Exception as e:
    print(type(e))
print(len(heap))
