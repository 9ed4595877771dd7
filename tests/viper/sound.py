# With `-X viper=sound` indices of pointers are checked where an object became a pointer.
import array
import micropython


@micropython.viper
def load8(p: ptr8, i: int) -> int:
    return p[i]


@micropython.viper
def load16(p: ptr16, i: int) -> int:
    return p[i]


@micropython.viper
def load32(o, i: int) -> int:
    p = ptr32(o)
    return p[i]


@micropython.viper
def store8(p: ptr8, i: int, v: int):
    p[i] = v


@micropython.viper
def store32(o, i: int, v: int):
    p = ptr32(ptr8(o))
    q = p
    q[i] = v


def attempt(fun, *args):
    try:
        return fun(*args)
    except IndexError as e:
        return "IndexError: " + str(e)


data = bytearray(range(10))
for i in (0, 9, 10, -1, 1 << 29):
    print(i, attempt(load8, data, i), attempt(store8, data, i, 77))
print(data)
halves = array.array("H", [1, 2, 3])
for i in (0, 2, 3, -1, 0x7fffffff):
    print(i, attempt(load16, halves, i))
# Five halves are two words and a rest, which no word is in.
odd = bytearray(10)
for i in (0, 1, 2, -2):
    print(i, attempt(load32, odd, i), attempt(store32, odd, i, 0x01020304))
print(odd)
print(attempt(load8, b"", 0), attempt(load8, "text", 3), attempt(load8, memoryview(b"abc")[1:], 2))


# In loops, in handlers, where paths join.
@micropython.viper
def total(p: ptr8, n: int) -> int:
    t = 0
    for i in range(n):
        t += p[i]
    return t


@micropython.viper
def choose(a, b, c: int, i: int) -> int:
    p = ptr8(a) if c else ptr8(b)
    return p[i]


@micropython.viper
def guarded(a, i: int) -> int:
    p = ptr8(a)
    try:
        p = ptr8(b"xy")
        return p[i]
    except IndexError:
        return p[0] + 1000


@micropython.viper
def calls(a, i: int) -> int:
    return load8(a, i)


print(attempt(total, data, 10), attempt(total, data, 11))
print(attempt(choose, b"a", b"bcd", 1, 1), attempt(choose, b"a", b"bcd", 0, 1))
print(guarded(b"q", 1), guarded(b"q", 2), attempt(calls, b"abc", 2), attempt(calls, b"abc", 3))


# A pointer that comes from a number has no end.
@micropython.viper
def address(o) -> int:
    return int(ptr8(o))


@micropython.viper
def beyond(at: int, i: int) -> int:
    p = ptr8(at)
    return p[i]


print(beyond(address(b"abcdef") + 2, 1), beyond(address(b"abcdef") + 2, -1))
