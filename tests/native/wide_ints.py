# Loops over ints of 32 bits without a sign, which are no small ints on 32-bit boards.
from array import array


def crc_table():
    table = array("I", [0] * 256)
    for i in range(256):
        c = i
        for _ in range(8):
            if c & 1:
                c = (c >> 1) ^ 0xEDB88320
            else:
                c >>= 1
        table[i] = c
    return table


def crc(table, data, n):
    crc = 0xFFFFFFFF
    for i in range(n):
        crc = table[(crc ^ data[i]) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def crc_on(table, data, crc):
    crc = crc ^ 0xFFFFFFFF
    for b in data:
        crc = table[(crc ^ b) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def crc_bits(data):
    crc = 0xFFFFFFFF
    for b in data:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ 0xEDB88320 if crc & 1 else crc >> 1
    return ~crc & 0xFFFFFFFF


table = crc_table()
text = b"123456789"
print(table[1], table[128], table[255])
for data in (text, bytearray(text), array("B", text), array("i", list(text)), array("I", list(text)), list(text), tuple(text)):
    print(crc(table, data, 9), crc(list(table), data, 9), crc(tuple(table), data, 4), crc_on(table, data, 0))
print(crc_bits(text), crc_on(table, text[4:], crc_on(table, text[:4], 0)))


# What comes in: numbers about every limit, and what is no number or no int.
EDGES = (
    0,
    1,
    -1,
    0x3FFFFFFE,
    0x3FFFFFFF,
    0x40000000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
    0x100000000,
    0x100000001,
    0x1FFFFFFFF,
    -0x40000000,
    -0x40000001,
    -0x80000000,
    -0x80000001,
    -0xFFFFFFFF,
    1 << 70,
    -(1 << 70),
    True,
    False,
    1.0,
    None,
    "s",
    b"b",
)


class Like:
    def __init__(self, x):
        self.x = x

    def __and__(self, y):
        return ("and", self.x, y)

    def __xor__(self, y):
        return Like(("xor", self.x, y))

    def __rshift__(self, y):
        return ("shift", self.x, y)

    def __eq__(self, y):
        return ("eq", self.x, y)

    def __int__(self):
        return 7


def mix(x, n):
    i = 0
    while i < n:
        x = (x ^ 0x9E3779B9) >> 1
        i += 1
    return x


def orred(x, y, n):
    for i in range(n):
        x = (x | 0x80000001) & (y | 0x7FFFFFFF)
    return x


def masked(x, y, n):
    r = 0
    for i in range(n):
        r = (x & 0xFFFFFFFF) ^ (r >> 3) ^ (y & 0xF0F0F0F0)
    return r


def compared(x, n):
    r = []
    w = 0x80000000
    for i in range(n):
        w = w ^ 0xFFFFFFFF
        r.append((w < x, w <= x, w > x, w >= x, x == w, x != w, not w))
        if w < x:
            r.append(w)
    return r


def shifted(x, by, n):
    w = 0xFFFFFFFF
    for i in range(n):
        w = (w ^ x) >> by
    return w


def negative(x, n):
    w = 0xFFFFFFFF
    for i in range(n):
        w = w & -2
        w = w & x
        w = w ^ 0x80000000
    return w


def said(f, *args):
    try:
        print(f(*args))
    except (TypeError, ValueError, OverflowError) as e:
        print(type(e).__name__)


for x in EDGES:
    for n in (0, 1, 3):
        said(mix, x, n)
        said(orred, x, 5, n)
        said(orred, 5, x, n)
        said(masked, x, 9, n)
        said(masked, 9, x, n)
    if not isinstance(x, float):
        said(compared, x, 2)
    said(shifted, x, 3, 2)
    said(negative, x, 2)
for by in (0, 1, 31, 32, 33, 64, -1, 0x80000000, 1 << 70, 1.0, None, True):
    if by == 0x80000000 or by == 1 << 70:
        continue
    said(shifted, 5, by, 1)
    said(shifted, 5, by, 3)
print(mix(Like(3), 1), orred(1, 2, 3), negative(7, 2))


# Numbers that leave the loop and come back, are looked at on the way, and change their kind.
def leaves(n):
    w = 0xC0000000
    seen = []
    for i in range(n):
        w = (w >> 1) ^ 0xA0000001
        if i & 1:
            w = w + 1
        if i == 5:
            w = -w
        if i == 6:
            w = "text"
            seen.append(w)
            w = 0xDEADBEEF
        seen.append(w)
        w &= 0xFFFFFFFF
        if i == 7:
            print(w, "%x" % w, str(w), repr([w]), w is w)
        if w % 7 == 3:
            continue
        if w == 12:
            break
    return seen, w


def nested(rows, m):
    h = 0x811C9DC5
    out = []
    for row in rows:
        start = h
        for i in range(m):
            for k in row:
                h = (h ^ k) >> 1 ^ 0x80808080
            if h > 0xC0000000:
                h = h & 0x3FFFFFFF
            elif not h:
                h = 1
        out.append((start, h))
    return out


def reset(data):
    w = 0
    high = 0
    for b in data:
        w = (w >> 5) ^ 0xFEDCBA98 ^ b
        if b == 3:
            w = 0
        elif b == 4:
            w = 0x3FFFFFFF
        elif b == 5:
            w = 0x40000000
        elif b == 6:
            w = -1
        if w > high:
            high = w
        u = v = w
        v >>= 2
        w = u | v
    return w, high


def raises(data):
    w = 0xFFFFFFFF
    for i in range(10):
        w ^= data[i]
        w >>= 1
        if w == 3:
            raise ValueError(w)
    return w


def truth(n):
    w = 0xFFFFFFFF
    r = []
    while w:
        w >>= n
        r.append(w and 5)
        r.append(w or 6)
        r.append(w if w else "none")
    return r


def unbound(n, w):
    if n:
        x = 0xF0000000
    for i in range(2):
        x = (x ^ 0xFFFFFFFF) >> 1
    return x


def deleted(n):
    w = 0xF0000000
    for i in range(n):
        w = w ^ 0xFFFFFFFF
        if i == 2:
            del w
        else:
            y = w
    return w


print(leaves(20))
print(nested([[1, 2, 3], bytearray(b"ab"), array("I", [0xFFFFFFFF, 0x80000000]), (0x40000000, 7), range(3)], 3))
print(reset(bytearray(range(10))), reset([1, 2, 0xFFFFFFFF, 4]), reset([6, 1]), reset([1 << 40, 1]), reset([]))
for data in ([1, 2, 3], bytearray(3), bytes(20), [0x80000000] * 10, [1 << 50] * 10, [1.5], ["x"], {0: 1}):
    try:
        print(raises(data))
    except Exception as e:
        print(type(e).__name__)
print(truth(1)[:6], truth(7), truth(31))
print(unbound(1, 0))
print(deleted(2))


# Items of arrays of all kinds, at indices of all kinds.
def items(a, n):
    w = 0x80000000
    for i in range(-n, n):
        w = (w >> 1) ^ a[i]
    return w


for code in "bBhHiIlLqQ":
    print(code, items(array(code, [1, 2, 100]), 3))
print(items(array("I", [0xFFFFFFFF, 0x40000000, 0x3FFFFFFF]), 3), items(array("q", [1 << 40, 1, 2]), 3))
print(items([0xFFFFFFFF, 0x40000000, 0x3FFFFFFF], 3), items((7, 8), 2), items(b"xyz", 3), items(memoryview(b"xyz"), 3))
said(items, array("i", [-1, 2, 3]), 3)
said(items, [1, "a"], 2)
said(items, [1, 2.5], 2)
said(items, 5, 2)
said(items, None, 1)
try:
    items([1], 2)
except IndexError:
    print("index")


class Grows:
    def __init__(self):
        self.n = 0

    def __getitem__(self, i):
        self.n += 1
        return [5, 0x80000000, 1 << 33, -3][self.n & 3]


g = Grows()
print(items(g, 5), g.n)


# An object's own operators see the objects that they would see in bytecode.
def own(x, n):
    w = 0xF0000000
    r = []
    for i in range(n):
        w ^= 0x10000001
        r.append(w == x)
        r.append(x & w)
    return r


print(own(Like(1), 2))
said(own, 3, 2)


# Tables as globals, and calls in between.
TABLE = [0xF0000000 ^ i << 20 for i in range(16)]


def by_global(data):
    w = 0xFFFFFFFF
    for b in data:
        w = TABLE[(w ^ b) & 15] ^ (w >> 4)
        w = TABLE[(w ^ b >> 4) & 15] ^ (w >> 4)
    return w


def by_call(text):
    w = 0xFFFFFFFF
    for c in text:
        w = (w >> 3) ^ ord(c) ^ 0xA5A5A5A5
        w = min(w, 0xE0000000) ^ max(0x100, w & 0xFF)
    return w, hex(w)


print(by_global(b"some text"), by_call("other text"))


def no_rounds(x, n):
    for i in range(n):
        x = x ^ 0xFFFFFFFF
    return x


for x in (True, 1.5, "a", None, -1, 1 << 80, 0xFFFFFFFF):
    print(no_rounds(x, 0))
# Reached through a loop that is entered with one kind and left with another.
for x in (0, -1, 1 << 31, 1 << 32, (1 << 32) - 1, (1 << 33) + 5):
    print(no_rounds(x, 1), no_rounds(x, 2), no_rounds(x, 7))
