#! agree: cpython
# Items, iteration and built-in functions by name: what is quick for the commonest types, and what only looks like them.
from array import array


def total(seq, n):
    t = 0
    for i in range(n):
        t += seq[i]
    return t


def back(seq, n):
    t = 0
    for i in range(1, n + 1):
        t = t * 3 + seq[-i]
    return t


def at(seq, i):
    try:
        return seq[i]
    except (IndexError, TypeError, KeyError) as e:
        return type(e).__name__


def put(seq, i, value):
    try:
        seq[i] = value
        return list(seq)
    except (IndexError, TypeError) as e:
        return type(e).__name__


for code in "bBhHiIlLqQ":
    low, high = (-5, 100) if code.islower() else (0, 200)
    a = array(code, [low, 1, 2, high, 7])
    print(code, total(a, 5), back(a, 5), [at(a, i) for i in (0, -1, 4, 5, -5, -6, True, False)])
    print(put(a, 0, 3), put(a, True, 4), put(a, -1, 9), put(a, 5, 1), put(a, -6, 1), put(a, 1, "x"))
for code, edges in (
    ("b", (-128, 127)),
    ("B", (0, 255)),
    ("h", (-32768, 32767)),
    ("H", (0, 65535)),
    ("i", (-(2**31), 2**31 - 1)),
    ("I", (0, 2**32 - 1)),
    ("q", (-(2**63), 2**63 - 1)),
    ("Q", (0, 2**64 - 1)),
):
    a = array(code, edges)
    b = array(code, [0] * 2)
    for i in range(2):
        b[i] = a[i]
    print(code, total(a, 2), a[0], a[1], a[0] - 1, a[1] + 1, list(b) == list(a), [x for x in a])
for code in "fd":
    a = array(code, [0.5, -2.0, 4])
    print(code, total(a, 3), back(a, 3), [at(a, i) for i in (0, -1, 3, -4, True)])
    print(put(a, 0, 1.5), put(a, 1, 3), put(a, 3, 1.0), put(a, 2, "x"))

for seq in (
    [1, 2, 3],
    (1, 2, 3),
    b"\x01\x02\x03",
    bytearray(b"\x01\x02\x03"),
    memoryview(b"\x01\x02\x03"),
    memoryview(bytearray(b"\x00\x01\x02\x03\x04"))[1:4],
    memoryview(array("h", [0, 1, 2, 3, 4]))[1:4],
    array("h", [1, 2, 3]),
    array("B", [1, 2, 3]),
    {0: 1, 1: 2, 2: 3, -1: 3, -2: 2, -3: 1},
):
    print(total(seq, 3), back(seq, 3), [at(seq, i) for i in (0, 2, 3, -1, -4, True, 1.0, None, "a")])
for text in ("abc", "äbc", "a€😀", "x" * 40, "é" * 40, "", "class", "a long text that has no name"):
    print([at(text, i) for i in (0, 1, 2, -1, -3, 40, True, None)])
    print([c for c in text], [ord(c) for c in text], "".join([chr(ord(c)) for c in text]) == text)


class Items(list):
    def __getitem__(self, i):
        return ("got", i)


class Length(list):
    def __len__(self):
        return 77


class Text(str):
    pass


class Numbers(dict):
    def __missing__(self, key):
        return 5

    def __iter__(self):
        return iter((8, 9))


def first(seq):
    for i in range(2):
        x = seq[i]
    return x


print(first(Items([1, 2])), [x for x in Items([1, 2])], len(Length()), len(Items([1, 2])))
print(ord(Text("q")), len(Text("qq")), [c for c in Text("äb")], Text("ab")[1], Text("ab") == "ab", "a" in Text("ab"))
print([x for x in Numbers({1: 2})])


# What is gone over changes.
def grow(seq, more, most):
    n = 0
    for x in seq:
        n += 1
        if n < most:
            seq.append(more)
    return n, len(seq)


print(grow([1, 2], 3, 6), grow(bytearray(b"ab"), 99, 50), grow(array("h", [1, 2]), 3, 40), grow(array("B", b"ab"), 3, 40))


def drop(seq):
    out = []
    for x in seq:
        out.append(x)
        if len(seq) > 2:
            seq.pop()
    return out


print(drop([1, 2, 3, 4, 5]))


def swap(seq):
    out = []
    for x in seq:
        out.append(x)
        seq[len(out) % len(seq)] = len(out) + 10
    return out


print(swap([1, 2, 3, 4]), swap(bytearray(b"1234")), swap(array("h", [1, 2, 3, 4])), swap(memoryview(bytearray(b"1234"))))


def rebound(seq):
    out = []
    for x in seq:
        seq = [5]
        out.append(x)
    return out, seq


print(rebound(b"xyz"), rebound(bytearray(b"xyz")), rebound("xyz"), rebound(memoryview(b"xyz")), rebound((1, 2)))


# Loops in loops and in generators over one thing, left early and resumed.
def pairs(seq):
    out = []
    for a in seq:
        for b in seq:
            if b == a:
                break
            out.append((a, b))
    return out


print(pairs(b"abc"), pairs("abc"), pairs(bytearray(b"abc")), pairs(memoryview(b"abc")), pairs(array("i", [1, 2, 3])))


def gen(seq):
    for x in seq:
        yield x
        for y in seq:
            yield y


for seq in (b"ab", "äb", bytearray(b"ab"), memoryview(b"ab"), array("H", [1, 2]), (1, 2), {1: 2}, range(2), range(2, 0, -1)):
    print(list(gen(seq)))


def shrinking(data):
    view = memoryview(data)
    out = []
    for x in view:
        out.append(x)
    return out, [x for x in view[1:]], [x for x in view[1:1]], [x for x in memoryview(view)]


print(shrinking(b"abc"), shrinking(bytearray(b"abc")), shrinking(bytearray()), shrinking(array("i", [-1, 2, 3])))


# Collections while something is gone over.
def churn(seq):
    out = []
    for x in seq:
        y = [x] * 50
        z = [y] * 50
        out.append(z[3][4])
    return out


print(sum(churn(bytearray(i & 0xFF for i in range(600)))), sum(churn(bytes(i & 0xFF for i in range(600)))), len(churn("ab€" * 200)))
print(sum(churn(memoryview(bytearray(i & 0xFF for i in range(600)))[7:])))


# Built-in functions by name.
def lens(seqs):
    out = []
    for s in seqs:
        try:
            out.append(len(s))
        except TypeError as e:
            out.append("TypeError")
    return out


print(lens([[], [1], (), (1, 2), "", "abc", "äöü", "len", "x" * 50, "é" * 50, b"abc", bytearray(b"ab"), {}, {1: 2}, set((1, 2)), range(7)]))
print(lens([memoryview(b"abc")[1:], array("h", [1, 2, 3]), 5, None, 1.5, len, int, True]))


def ords(values):
    out = []
    for v in values:
        try:
            out.append(ord(v))
        except TypeError as e:
            out.append("TypeError")
    return out


print(ords(["a", "\x00", "\x7f", "\x80", "ß", "€", "😀", b"a", b"\xff", bytearray(b"z"), "", "ab", b"", b"ab", 5, None, True]))


def calls(f, values):
    out = []
    for v in values:
        try:
            out.append(f(v))
        except (TypeError, ValueError) as e:
            out.append(type(e).__name__)
    return out


def chars(values):
    out = []
    for v in values:
        try:
            out.append(chr(v))
        except (TypeError, ValueError, OverflowError) as e:
            out.append("no")
    return out


print(chars([0, 65, 126, 161, 255, 256, 0x20AC, 0x1F600, -1, 0x110000, "a", True]))


def numbers(values):
    out = []
    for v in values:
        try:
            out.append((abs(v), int(v), bool(v), isinstance(v, int), isinstance(v, (str, float))))
        except (TypeError, ValueError) as e:
            out.append(("no", isinstance(v, int), isinstance(v, str)))
    return out


print(numbers([0, -1, 1 << 62, -(1 << 62), -(1 << 70), 1.5, -0.0, "12", "x", None]))


def smallest(a, b):
    out = []
    for x in a:
        for y in b:
            out.append((min(x, y), max(x, y), min(x, y, 2), max(y, x)))
    return out


print(smallest([1, 2.5, -3], [1.0, 2, True]))
print(min([3, 1, 2]), max("abc"), min((2.5,)), max(1, 2, key=lambda v: -v), sum([1, 2.5]), sum((1, 2), 3))


# Names that are taken by something else, for a while.
def count(seq):
    n = 0
    for i in range(3):
        n += len(seq)
    return n


print(count([1, 2]))
saved = len
len = lambda seq: 100
print(count([1, 2]))
del len
print(count([1, 2]))


def inner():
    def ord(x):
        return "mine"

    return [ord("a") for _ in range(2)]


print(inner())
try:
    import builtins

    builtins.ord = lambda x: "theirs"
    print(ords(["a"]))
    builtins.ord = lambda x: x.upper()
    print(ords(["a"]))
except ImportError:
    print(["theirs"])
    print(["A"])


def swapped(seq):
    # The name means something else by the time of the call's second half.
    global len
    out = []
    for i in range(3):
        out.append(len(seq if i != 1 else take()))
    return out


def take():
    global len
    len = lambda seq: -1
    return [1, 2, 3, 4]


len = saved
print(swapped([1, 2]))
len = saved


# Strings: equal, within, joined, cut.
def compare(values):
    out = []
    for a in values:
        row = ""
        for b in values:
            row += "=" if a == b else "."
            if a != b:
                row += "!"
        out.append(row)
    return out


print(compare(["a", "ab", "a" * 30, "a" * 29 + "a", "ä", "", "q", 1, 1.0, True, None, float("nan"), ("a",), ["a"], Text("a")]))


def within(parts, texts):
    out = []
    for p in parts:
        for t in texts:
            try:
                out.append(p in t)
            except TypeError:
                out.append("TypeError")
    return out


print(within(["a", "", "ab", "é", "zz", 1], ["abc", "", "zé", ("a", "ab"), ["zz", 1], {"a": 1}, "b" * 40 + "ab", " \t\r\n"]))
print(within([97, 98], [b"abc", b"", [97]]))


def cuts(text):
    out = []
    for i in range(3):
        out.append((text[i:], text[:i], text[i : i + 2], text[-i - 1 :], text[i:100], text[5:i]))
    return out


print(cuts("abcdef"), cuts("äbcdéf"), cuts(b"abcdef"), cuts([1, 2, 3]), cuts((1, 2, 3)), cuts(""))


def joined(n):
    s = ""
    t = "€"
    for i in range(n):
        s += "ab"
        s = s + chr(97 + i % 26)
        t += s[i]
    return s, t


print(joined(7), [len(x) for x in joined(500)])


def shifts(values, by):
    out = []
    for v in values:
        for b in by:
            try:
                out.append((v << b, v >> b, v // (b + 1), v % (b + 1), v // -(b + 1), v % -(b + 1)))
            except (ValueError, TypeError) as e:
                out.append("no")
    return out


print(shifts([0, 1, -1, 5, -7, 1 << 61, -(1 << 61), 1 << 62, -(1 << 62), (1 << 62) - 1, 1 << 70, True], [0, 1, 3, 61, 62, 63, 64, -1, -2]))


def powers(values, by):
    out = []
    for v in values:
        for b in by:
            try:
                out.append(v**b)
            except ZeroDivisionError:
                out.append("zero")
    return out


print(powers([0, 1, 2, -3, 0.5, 1 << 40], [0, 1, 2, 3, 0.5 * 2, 10]))


def mixed(values):
    out = []
    for a in values:
        for b in values:
            out.append((a + b, a - b, a * b, a < b, a >= b, a == b))
    return out


print(mixed([0, 1, -2, 0.5, -1.5, True, 1 << 62, float("inf")]))
