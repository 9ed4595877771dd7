# Queues and packing over buffers that shrink, are their own data, or change while a value is converted.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)


import gc, struct, sys
from micropython import RingIO


def shrunk():
    b = bytearray(100)
    r = RingIO(b)
    assert r.write(b"x" * 60) == 60
    b[:] = b"12"
    junk = [bytearray(100) for _ in range(20)]
    for use in (lambda: r.read(5), lambda: r.write(b"abc"), lambda: r.readline(), lambda: r.readinto(bytearray(9)), lambda: r.any()):
        try:
            use()
        except ValueError:
            pass
    for j in junk:
        assert sum(j) == 0


def of_itself():
    b = bytearray(b"abcdefgh")
    r = RingIO(b)
    r.write(b)
    r.write(b)
    assert len(r.read()) == 7
    r.write(b[:3])
    r.readinto(b)


def wrapped():
    r = RingIO(5)
    got = b""
    for i in range(50):
        n = i % 7
        sent = bytes([i] * n)
        assert r.write(sent) == min(n, 5)
        part = r.read()
        assert part == sent[:5], (part, sent)
        got += part
    assert r.any() == 0


for f in (shrunk, of_itself, wrapped):
    attempt(f.__name__, f)
for arg in (0, 1, -1, 2**16 - 2, 2**16 - 1, 2**62, 2**70, None, "x", b"x", bytearray(), bytearray(1), memoryview(b"abc"), memoryview(bytearray(3)), RingIO):
    attempt("ring", lambda: RingIO(arg).write(b"12345678"))


class Index:
    """An int that changes a buffer when it is asked for its value."""

    def __init__(self, change):
        self.change = change

    def __int__(self):
        self.change()
        return 7

    __index__ = __int__

    def __float__(self):
        self.change()
        return 7.0


for code in "bBhHiIlLqQfd":
    b = bytearray(200)

    def shrink():
        b[:] = b"1"

    def grow():
        b.extend(bytes(3000))

    for change in (shrink, grow, gc.collect, b.clear if hasattr(b, "clear") else shrink):
        b[:] = bytes(200)
        attempt("pack_into " + code, lambda: struct.pack_into("<4" + code, b, 100, 1, Index(change), 3, 4))
        attempt("pack " + code, lambda: struct.pack(">" + code * 2, Index(change), 5))
b = bytearray(range(20))
struct.pack_into("10s", b, 5, memoryview(b)[0:10])
assert b == bytes([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19]), b
import io


class Shouts(io.IOBase):
    def __init__(self, error):
        self.error = error

    def write(self, data):
        # The exception that is being printed gets longer meanwhile.
        try:
            raise self.error
        except type(self.error):
            return len(data)


class Fails(io.IOBase):
    def write(self, data):
        raise OSError(5)


def deep(n, error):
    if n:
        deep(n - 1, error)
    raise error


for error in (ValueError("v"), KeyError(), OSError(2), MemoryError()):
    try:
        deep(10, error)
    except type(error) as e:
        for stream in (Shouts(e), Fails(), 5, None, [], io.StringIO(), io.BytesIO()):
            attempt("print_exception", lambda: sys.print_exception(e, stream))
for thing in (5, None, ValueError, "text", [1]):
    attempt("print_exception of nothing", lambda: sys.print_exception(thing, io.StringIO()))
print("survived")
