# Sizes that overflow, are negative, or do not fit the heap.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)


def put(to, i, value):
    to[i] = value

BIG = (2**31 - 1, 2**31, 2**32, 2**40, 2**62 - 1, 2**62, 2**63 - 1, 2**63, 2**64, 10**30)
for n in BIG + tuple(-x for x in BIG) + (0, -1):
    for name, seq in (("str", "ab"), ("bytes", b"ab"), ("list", [1, 2]), ("tuple", (1, 2)), ("bytearray", bytearray(b"ab")), ("empty", ""), ("emptylist", [])):
        if n > 0 and n < 2**40 and len(seq):
            continue
        attempt("%s * %d" % (name, n), lambda: seq * n)
        attempt("%d * %s" % (n, name), lambda: n * seq)
    for name, f in (
        ("bytes", bytes),
        ("bytearray", bytearray),
        ("range", lambda n: len(range(n))),
        ("range item", lambda n: range(n)[n - 1]),
        ("index", lambda n: [1, 2, 3][n]),
        ("slice", lambda n: [1, 2, 3][n:]),
        ("slice to", lambda n: "abc"[:n]),
        ("slice step", lambda n: [1, 2, 3][::n]),
        ("store slice", lambda n: put([1, 2, 3], slice(n, n), [1])),
        ("pop", lambda n: [1, 2, 3].pop(n)),
        ("insert", lambda n: [1, 2, 3].insert(n, 0)),
        ("chr", chr),
        ("find", lambda n: "abc".find("c", n)),
        ("split", lambda n: "a b c".split(" ", n)),
        ("replace", lambda n: "aaa".replace("a", "b", n)),
        ("shift right", lambda n: 5 >> n),
        ("to_bytes", lambda n: (1).to_bytes(n, "little")),
        ("round", lambda n: round(1.5, n)),
        ("bytes of list", lambda n: bytes([n])),
        ("hash", lambda n: hash(n)),
        ("float", lambda n: float(n)),
    ):
        if name in ("bytes", "bytearray", "to_bytes") and 0 < n < 2**40:
            continue
        attempt("%s %d" % (name, n), f, n)
for n in (0, 1, 2, 8, 9, 100):
    for v in (0, 1, 255, 256, -1, -128, -129, 2**64, -(2**64)):
        for order in ("big", "little"):
            attempt("to_bytes", lambda: v.to_bytes(n, order))
attempt("to_bytes order", lambda: (1).to_bytes(2, "middle"))
attempt("from_bytes", lambda: int.from_bytes(b"", "big"))
assert int.from_bytes(b"\x01" * 40, "little") == sum(256**i for i in range(40))
for width in ("999999999999", "99999999999999999999", "2147483648", "-5", ".99999999999", ".2147483648f"):
    attempt("format width", lambda: ("{:" + width + "}").format(5))
    attempt("percent width", lambda: ("%" + width + "d") % 5)
    attempt("percent float", lambda: ("%" + width + "f") % 5.0)
for n in (2**31, 2**62, -(2**31), -(2**62), 2**64):
    attempt("percent star", lambda: "%*d" % (n, 5))
    attempt("percent precision", lambda: "%.*f" % (n, 5.0))
attempt("shift left", lambda: 1 << 2**40)
attempt("shift left more", lambda: 1 << 2**62)
attempt("shift left most", lambda: 1 << 2**64)
attempt("zero shifted", lambda: 0 << 2**64)
attempt("power of one", lambda: 1 ** (2**64))
attempt("text to int", lambda: int("9" * 5000) % 7)
attempt("int to text", lambda: len(str(7**5000)))
attempt("join", lambda: ("x" * 100000).join(["y"] * 1000000))
attempt("list", lambda: [0] * (2**40))
attempt("range sum", lambda: sum(range(2**62, 2**62 + 10)))
attempt("ljust", lambda: "{:>100000000000}".format("x"))
attempt("center", lambda: "x".center(2**40))
attempt("read", lambda: __import__("io").BytesIO(b"abc").read(2**62))
attempt("read negative", lambda: __import__("io").BytesIO(b"abc").read(-(2**62)))
attempt("seek", lambda: __import__("io").BytesIO(b"abc").seek(2**40))
attempt("seek and write", lambda: (lambda f: (f.seek(2**40), f.write(b"x")))(__import__("io").BytesIO(b"abc")))
try:
    import struct

    for f in ("99999999999999999999i", "2147483648s", "4294967296x", "-1i", "i" * 10000, "", "@", "<", "z", "9", "1000000000000d"):
        attempt("calcsize " + f[:12], lambda: struct.calcsize(f))
        attempt("unpack " + f[:12], lambda: struct.unpack(f, b"abc"))
        attempt("pack " + f[:12], lambda: struct.pack(f, 1))
    for at in (-1, -100, 2**31, 2**62, -(2**62), 2**64):
        attempt("unpack_from", lambda: struct.unpack_from("<I", b"abcdefgh", at))
        attempt("pack_into", lambda: struct.pack_into("<I", bytearray(8), at, 1))
except ImportError:
    pass
try:
    from array import array

    attempt("array", lambda: array("q", bytes(2**40)) if False else array("q", range(2**40)) if False else 0)
    attempt("array times", lambda: array("q", [1]) * 2**60)
    attempt("array slice", lambda: array("i", [1, 2, 3])[2**62 :])
except ImportError:
    pass
import sys

if sys.implementation.name != "cpython":
    # These fit the memory of a host, but not a heap of this size.
    attempt("power", lambda: 10 ** (10**9))
    attempt("power of big", lambda: (2**64) ** (2**40))
    for n in (2**26, 2**28, 2**31 - 1, 2**31, 2**32):
        attempt("bytes", lambda: bytes(n * 16))
        attempt("bytearray", lambda: bytearray(n * 16))
        attempt("list", lambda: [0] * (n * 16))
        attempt("str", lambda: "ab" * (n * 16))
        attempt("tuple", lambda: (0,) * (n * 16))
        attempt("to_bytes", lambda: (1).to_bytes(n * 16, "big"))


def grow_forever(make):
    a = []
    try:
        while True:
            a.append(make(len(a)))
    except MemoryError:
        n = len(a)
        # Emptied, not only dropped: a collector that scans stacks may find a stale word that keeps the list.
        a.clear()
        return n


if sys.implementation.name != "cpython":
    for name, make in (
        ("lists", lambda i: [0] * 100),
        ("ints", lambda i: 2**70 + i),
        ("floats", lambda i: i * 1.5),
        ("strings", lambda i: "x%d" % i),
        ("closures", lambda i: lambda: i),
        ("dicts", lambda i: {i: i}),
        ("generators", lambda i: (x for x in ())),
        ("exceptions", lambda i: ValueError(i)),
    ):
        attempt("until the heap is full: " + name, grow_forever, make)
    # The heap is whole again.
    assert len([0] * 1000) == 1000
    s = ""
    try:
        while True:
            s += "x" * (len(s) + 1)
    except MemoryError:
        s = ""
    d = {}
    try:
        while True:
            d[len(d)] = d
    except MemoryError:
        d.clear()
    assert sum(range(1000)) == 499500
print("survived")
