# Buffers that change size while something looks at them, and buffers assigned from themselves.


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


def add_to(to, value):
    to += value

import gc


def extend_self():
    b = bytearray(b"abcd")
    b.extend(b)
    assert b == b"abcdabcd", b
    return b


def add_self():
    b = bytearray(b"abcd")
    b += b
    assert b == b"abcdabcd", b
    return b


def slice_self(start, stop):
    b = bytearray(b"abcdefgh")
    want = b"abcdefgh"[:start] + b"abcdefgh" + b"abcdefgh"[stop:]
    b[start:stop] = b
    assert b == want, (b, want)
    return b


def slice_view_of_self(start, stop, vstart, vstop):
    b = bytearray(b"abcdefgh")
    want = b"abcdefgh"[:start] + b"abcdefgh"[vstart:vstop] + b"abcdefgh"[stop:]
    b[start:stop] = memoryview(b)[vstart:vstop]
    assert b == want, (b, want)
    return b


attempt("extend", extend_self)
attempt("add", add_self)
for start in (0, 1, 3, 8):
    for stop in (start, start + 1, 8):
        attempt("slice %d:%d" % (start, stop), slice_self, start, min(stop, 8))
        attempt("view %d:%d" % (start, stop), slice_view_of_self, start, min(stop, 8), 2, 7)


def view_while(change):
    b = bytearray(range(200))
    m = memoryview(b)
    m2 = m[50:150]
    change(b)
    gc.collect()
    junk = [bytearray(200) for _ in range(50)]
    total = 0
    for view in (m, m2):
        for i in range(len(view)):
            try:
                total += view[i]
            except (IndexError, ValueError, BufferError if "BufferError" in globals() else ValueError):
                pass
        try:
            view[0] = 1
            view[len(view) - 1] = 2
            bytes(view)
            view == b
            bytearray(view)
            b[0:0] = b"x"
        except (IndexError, ValueError, TypeError):
            pass
    for j in junk:
        assert sum(j) == 0, "a stale view wrote into another object"
    return b


for name, change in (
    ("append", lambda b: [b.append(1) for _ in range(2000)]),
    ("extend", lambda b: b.extend(bytes(5000))),
    ("shrink", lambda b: put(b, slice(0, 190), b"")),
    ("iadd", lambda b: add_to(b, bytes(5000))),
):
    attempt("view alive, " + name, view_while, change)


def shrink():
    b = bytearray(range(200))
    m = memoryview(b)
    b[:] = b""
    junk = [bytearray(200) for _ in range(50)]
    try:
        m[100] = 7
        m[:] = bytes(200)
    except (IndexError, ValueError):
        pass
    for j in junk:
        assert sum(j) == 0


attempt("shrink under a view", shrink)


def overlapping():
    b = bytearray(range(20))
    m = memoryview(b)
    m[2:12] = m[0:10]
    assert b == bytes([0, 1] + list(range(10)) + list(range(12, 20))), b
    b = bytearray(range(20))
    m = memoryview(b)
    m[0:10] = m[2:12]
    assert b == bytes(list(range(2, 12)) + list(range(10, 20))), b


attempt("overlapping views", overlapping)


class Evil:
    def __init__(self, b):
        self.b = b

    def __index__(self):
        self.b.extend(bytes(1000))
        return 5

    __int__ = __index__


b = bytearray(10)


def store(b):
    b[3] = Evil(b)


attempt("store whose value grows the buffer", store, b)
attempt("index that grows the buffer", lambda: b[Evil(b)])
attempt("slice whose bound grows the buffer", lambda: b[Evil(b) : 8])


def iterate():
    b = bytearray(b"abc")
    n = 0
    for x in b:
        n += 1
        if n < 100:
            b.append(x)
    assert n >= 3


attempt("append while iterating", iterate)


def generator_extends():
    b = bytearray(b"abc")

    def source():
        for i in range(100):
            b.append(i)
            yield i

    b.extend(source())
    return b


attempt("extend from a generator that appends", generator_extends)
try:
    from array import array

    def array_self():
        a = array("i", [1, 2, 3])
        a.extend(a)
        assert list(a) == [1, 2, 3, 1, 2, 3], a
        a += a
        assert len(a) == 12

    attempt("array from itself", array_self)

    def array_view():
        a = array("i", [1, 2, 3])
        m = memoryview(a)
        for i in range(1000):
            a.append(i)
        junk = [array("i", [0] * 3) for _ in range(50)]
        m[0] = 9
        for j in junk:
            assert sum(j) == 0

    attempt("array grows under a view", array_view)
    attempt("array of wide", lambda: array("q", [2**63]))
    attempt("array bad code", lambda: array("?", [1]))
except ImportError:
    pass
for code in (lambda: memoryview(5), lambda: memoryview(b"abc")[1:2][5], lambda: put(memoryview(b"abc"), 0, 1), lambda: bytes(memoryview(b"")), lambda: memoryview(bytearray(3))[::2]):
    attempt("memoryview", code)
print("survived")
