# Containers of known types in hot loops, and what is no longer as it was when the loop became hot.
from array import array


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, e.args


class Twice(list):
    def __getitem__(self, i):
        return list.__getitem__(self, i) * 2


class Any:
    def __getitem__(self, i):
        return i * 10

    def __setitem__(self, i, value):
        print("set", i, value)


makers = (
    lambda: [3, 1, 4, 1, 5, 9, 2, 6],
    lambda: bytearray(b"\x03\x01\xfe\x01\x05\xff\x02\x06"),
    lambda: array("h", [3, -1, 4, -32768, 32767, 9, 2, 6]),
    lambda: array("H", [3, 1, 4, 65535, 5, 9, 2, 6]),
    lambda: array("i", [3, -1, 4, -2147483648, 2147483647, 9, 2, 6]),
    lambda: array("b", [3, -1, 4, -128, 127, 9, 2, 6]),
    lambda: array("q", [3, -1, 4, -(1 << 63), (1 << 63) - 1, 9, 2, 6]),
)
others = (
    lambda: (3, 1, 4, 1, 5, 9, 2, 6),
    lambda: b"\x03\x01\xfe\x01\x05\xff\x02\x06",
    lambda: memoryview(bytearray(b"\x03\x01\xfe\x01\x05\xff\x02\x06")),
    lambda: array("f", [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]),
    lambda: [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5],
    lambda: [1 << 70, 1, 4, -(1 << 70), 5, 9, 2, 6],
    lambda: Twice([3, 1, 4, 1, 5, 9, 2, 6]),
    lambda: {i: i * i for i in range(8)},
    lambda: Any(),
    lambda: None,
    lambda: 7,
)


# Each type has code of its own, so that each is hot with another.
source = """
def total(items, n):
    s = 0
    for i in range(n):
        s += items[i]
    return s


def fill(items, n, value):
    for i in range(n):
        items[i] = value + i
    return items


def weigh(a, b, n):
    s = 0
    for i in range(n):
        for j in range(4):
            s += a[j] * b[i + j]
        s >>= 1
    return s


def backwards(items, n):
    s = 0
    for i in range(n):
        s = s * 3 + items[-1 - i] & 0xFFFF
    return s


def at(items, index, n):
    s = 0
    for i in range(n):
        s = (s << 1 ^ items[index]) & 0xFFFF
    return s


def put(items, index, value, n):
    for i in range(n):
        items[index] = value
    return items[0]
"""

for make in makers:
    g = {}
    exec(source, g)
    total, fill, weigh, backwards, at, put = (
        g[name] for name in ("total", "fill", "weigh", "backwards", "at", "put")
    )
    for _ in range(12):
        first = total(make(), 8), weigh(make(), make(), 5), backwards(make(), 8), at(make(), 2, 8)
        filled = fill(make(), 8, 10)
        one = put(make(), 0, 9, 8)
    print(first, list(filled), one)
    print(attempt(total, make(), 9), attempt(fill, make(), 9, 1), attempt(weigh, make(), make(), 6))
    print(attempt(backwards, make(), 9), attempt(at, make(), -1, 8), attempt(at, make(), -9, 8))
    print(attempt(at, make(), 8, 8), attempt(at, make(), 1 << 20, 8), attempt(at, make(), 1 << 70, 8))
    print(attempt(at, make(), True, 8), attempt(at, make(), None, 8), attempt(at, make(), "a", 8))
    print(attempt(put, make(), -8, 5, 8), attempt(put, make(), 8, 5, 8), attempt(put, make(), 0, -1, 8))
    print(attempt(put, make(), 0, "a", 8), attempt(put, make(), None, 0, 8))
    for other in makers + others:
        print(attempt(total, other(), 8), attempt(backwards, other(), 8), attempt(weigh, make(), other(), 5))
        print(attempt(at, other(), 3, 8), attempt(put, other(), 3, 7, 2))
    print(total(make(), 8), list(fill(make(), 8, 1)), weigh(make(), make(), 5))


# The container changes while the loop runs.
def shrink(items, n):
    s = 0
    for i in range(n):
        s += items[i]
        if i == 5:
            items.pop()
            items.pop()
    return s


def grow(items, n):
    s = 0
    for i in range(n):
        items.append(i)
        s += items[i + 4]
    return s


def swap(a, b, n):
    s = 0
    for i in range(n):
        s = s * 2 + a[i] & 0xFFFF
        a, b = b, a
    return s


def another(items, n):
    s = 0
    for i in range(n):
        s += items[i]
        if i == 6:
            items = "abcdefgh"
    return s


def gone(items, n):
    s = 0
    for i in range(n):
        s += items[i]
        if i == 6:
            del items
    return s


for _ in range(12):
    shrunk = shrink([1, 2, 3, 4, 5, 6, 7, 8], 6)
    grown = grow([1, 2, 3, 4], 20)
    swapped = swap([1, 2, 3, 4, 5, 6, 7, 8], bytearray(b"abcdefgh"), 8)
    same = another(array("h", range(8)), 7), gone(array("h", range(8)), 6)
print(shrunk, grown, swapped, same)
print(attempt(shrink, [1, 2, 3, 4, 5, 6, 7, 8], 7), attempt(shrink, [1, 2, 3, 4, 5, 6], 7))
print(attempt(grow, bytearray(b"abcd"), 20), attempt(grow, [], 20))
print(attempt(swap, bytearray(b"abcdefgh"), [1, 2, 3, 4, 5, 6, 7, 8], 8))
print(attempt(another, array("h", range(8)), 8), attempt(gone, array("h", range(8)), 8))


# Numbers: floats and ints that change places.
def scale(x, y, n):
    for i in range(n):
        x = x * y - i
        if x > 1000:
            x -= 1000
    return x


for _ in range(12):
    one = scale(1, 2, 30), scale(0.5, 1.5, 30)
print(one, scale(1.0, 2, 30), scale(1 << 70, 1, 3) > 1 << 69, attempt(scale, "a", 2, 3))


# Locals that the loop sets, and that are not there when it begins the next time.
def late(n, make):
    for i in range(n):
        x = make()
        for k in range(3):
            y = x
    s = 0
    for i in range(n):
        s += y[i] if make is list else y
    return s


def unset(n, items):
    for i in range(n):
        if i > 0:
            items[0] = last[0] * 2.5
        last = items
        number = items[0] * 0.5
    return last, number


for _ in range(12):
    one = late(9, float), unset(9, [1.0, 2.0])
print(one, attempt(late, 0, float), attempt(late, 0, int), attempt(unset, 0, [1.0]), attempt(unset, 3, [1]))


def falls(x0, n):
    x2 = -1.5
    for i2 in range(n):
        x3 = +(-x2)
        x2 = x3
    return x0, x2, x3


for _ in range(3):
    print(falls(1, 200), attempt(falls, 2, 0))


def deleted(data):
    for i in range(2):
        data[i] = 9
    del data
    try:
        for i in range(2):
            data[i] = 9
    except NameError:
        return "gone"


for _ in range(12):
    one = deleted(bytearray(2))
print(one)


# A loop on the module's level, entered while it runs.
line = array("h", [0] * 16)
data = [0] * 16
seed = 1
for k in range(40):
    for i in range(16):
        seed = (seed * 1103 + 12345) & 0xFFFF
        line[i] = (seed - 32768) // 4
        data[i] = line[15 - i] + 1
    if k == 30:
        line = list(line)
print(list(line), data)
