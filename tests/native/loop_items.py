# Items in loops: what a local has is found out before the loop; what only looks like that, and what changes in the loop.
from array import array


def total(seq, n):
    t = 0
    for i in range(n):
        t += seq[i]
    return t


def all_of(seq, places):
    found = []
    for i in places:
        try:
            found.append(seq[i])
        except (IndexError, TypeError, KeyError) as e:
            found.append(type(e).__name__)
        except OverflowError:
            # An index that is no machine word: which lengths there are differs.
            found.append("IndexError")
    return found


def put_all(seq, pairs):
    found = []
    for i, value in pairs:
        try:
            seq[i] = value
        except (IndexError, TypeError, KeyError) as e:
            found.append(type(e).__name__)
    return found


def count_true(seq, n):
    t = 0
    i = 0
    while i < n:
        if not seq[i]:
            t += 1
        if seq[i]:
            t += 100
        i += 1
    return t


def add_one(seq, n):
    for i in range(n):
        seq[i] += 1
    return seq


class Bytes(bytearray):
    def __getitem__(self, i):
        return 7


class Plain(bytearray):
    pass


class List(list):
    def __getitem__(self, i):
        return "item"


class Own:
    def __init__(self):
        self.a = self.b = self.c = 1

    def __getitem__(self, i):
        return i * 3

    def __setitem__(self, i, value):
        self.a = (i, value)


places = (0, 1, 2, -1, -3, -4, 3, 99, True, False, 1 << 40, -(1 << 40), "x", None)
for make in (
    lambda: bytearray(b"\x00\x7f\xff"),
    lambda: b"\x00\x7f\xff",
    lambda: "a\u00e9z",
    lambda: "abc",
    lambda: [1, None, "x"],
    lambda: (1, None, "x"),
    lambda: {0: "zero", 1: 5, -1: "minus"},
    lambda: array("b", [-128, 0, 127]),
    lambda: array("B", [0, 1, 255]),
    lambda: array("h", [-32768, 0, 32767]),
    lambda: array("H", [0, 1, 65535]),
    lambda: array("i", [-(2**31), 2**30, 2**31 - 1]),
    lambda: array("i", [-(2**30) - 1, -(2**30), 2**30 - 1]),
    lambda: array("I", [0, 2**31, 2**32 - 1]),
    lambda: array("q", [-(2**63), 0, 2**63 - 1]),
    lambda: array("f", [0.5, -1.0, 2.0]),
    lambda: memoryview(bytearray(b"\x00\x7f\xff")),
    lambda: memoryview(bytearray(b"..\x00\x7f\xff"))[2:],
    lambda: memoryview(b"\x00\x7f\xff"),
    lambda: memoryview(array("i", [-5, 2**31 - 1, 3])),
    lambda: range(3),
    Own,
    lambda: Plain(b"\x01\x02\x03"),
    lambda: Bytes(b"\x01\x02\x03"),
    lambda: List([1, 2, 3]),
    lambda: 5,
    lambda: None,
    lambda: 1 << 50,
    lambda: 1.5,
):
    seq = make()
    print(type(seq).__name__, all_of(seq, places))

pairs = [(0, 1), (1, 300), (2, -1), (-1, 77), (3, 1), (-4, 1), (True, 5), ("x", 1), (0, "x"), (0, None), (1, 1.5)]
for make in (
    lambda: bytearray(3),
    lambda: [1, 2, 3],
    lambda: (1, 2, 3),
    lambda: array("i", [1, 2, 3]),
    lambda: memoryview(bytearray(3)),
    Own,
):
    seq = make()
    few = pairs
    if not isinstance(seq, (list, Own)):
        # What does not fit is for nobody to compare.
        few = [(i, value) for i, value in pairs if value not in (300, -1) and value is not None]
        few = [(i, value) for i, value in few if not isinstance(value, (str, float))]
    print(type(seq).__name__, put_all(seq, few), seq.a if isinstance(seq, Own) else list(seq))
words = array("i", [0, 0])
print(put_all(words, [(0, -(2**31)), (1, 2**31 - 1), (2, 2**31 - 1)]), words)

print(total(bytearray(b"\x01\xff"), 2), total(array("i", [2**30, 2**30, -1]), 3), total([0.5, 1], 2), total((1, 2), 2))
print(count_true(bytearray(b"\x00\x01\x00"), 3), count_true([0, "", None, 1.0, True], 5), count_true(array("i", [0, 9]), 2))
print(add_one(bytearray(b"\x00\x41"), 2), add_one([0.5, 1], 2), add_one(array("i", [2**30 - 1, -1]), 2))


def grows(data):
    t = []
    i = 0
    while i < 40:
        if i % 3 == 0:
            data.append(i)
        t.append(data[i // 4])
        data[i // 4] = i
        i += 1
    return t


print(grows(bytearray(b"\x05")), grows([1]), grows(array("i", [2**31 - 1])))


def shrinks(data):
    t = 0
    try:
        for i in range(10):
            t += data[i]
            data.pop()
    except IndexError as e:
        return t, e.args
    return t


print(shrinks([1, 2, 3, 4, 5, 6]))


def rebinds(a, b):
    # The local is set in the loop: what it was is not what it is.
    t = []
    for i in range(4):
        t.append(a[0])
        a, b = b, a
    return t


print(rebinds(bytearray(b"a"), [None]))


def unbound(go):
    if go:
        data = bytearray(3)
    t = 0
    for i in range(3):
        try:
            t += data[i]
        except NameError:
            t -= 1
    return t


print(unbound(True), unbound(False))


def nested(rows, n):
    t = 0
    for row in rows:
        for i in range(n):
            t = (t * 5 + row[i]) & 0xFFFF
    return t


print(nested([bytearray(b"\x01\x02"), [3, 4], (5, 6), array("i", [7, 8]), b"\x09\x0a"], 2))


def swapped(a, b, pick):
    # Which local it is shows only while it runs.
    t = []
    for i in range(4):
        t.append((a if pick(i) else b)[a[i] and b[i]])
    return t


print(swapped(bytearray(4), [0, 1, 2, 3], lambda i: i & 1), swapped([1, 1, 1, 1], bytearray(range(4)), lambda i: i & 2))


def stored_below(a):
    # What is on the stack is the local of before.
    b = [10, 20]
    return [a[i] + b[(b := a)[i] & 1] if i else a[i] for i in range(2)]


print(stored_below(bytearray(b"\x01\x02")))


def caught(data, n):
    t = []
    for i in range(n):
        try:
            t.append(data[i])
        except IndexError:
            t.append(-1)
        finally:
            t.append(data[0])
    return t


print(caught(bytearray(b"\x07\x08"), 3), caught(array("i", [5]), 2))


def made(data):
    for i in range(3):
        yield data[i]
        data[i] = 0


data = bytearray(b"abc")
print(list(made(data)), data, [x for x in made(array("i", [1, 2, 3]))])
