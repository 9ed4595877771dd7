# `int64` and `uint64`, each operator against what untyped code makes of it.
import micropython

checks = 0
wrong = 0


def check(name, got, wanted):
    global checks, wrong
    checks += 1
    if got != wanted or type(got) != type(wanted):
        wrong += 1
        print("wrong:", name, repr(got), "instead of", repr(wanted))


def raises(name, kind, f, *args):
    global checks, wrong
    checks += 1
    try:
        got = f(*args)
    except kind:
        return
    except Exception as e:
        got = repr(e)
    wrong += 1
    print("wrong:", name, got, "instead of", kind.__name__)


# Numbers of 64 bits.

M64 = (1 << 64) - 1


def s64(x):
    x &= M64
    return x - (1 << 64) if x >> 63 else x


@micropython.viper
def ladd(a: int64, b: int64) -> int64:
    return a + b


@micropython.viper
def lsub(a: int64, b: int64) -> int64:
    return a - b


@micropython.viper
def lmul(a: int64, b: int64) -> int64:
    return a * b


@micropython.viper
def ldiv(a: int64, b: int64) -> int64:
    return a // b


@micropython.viper
def lmod(a: int64, b: int64) -> int64:
    return a % b


@micropython.viper
def lbits(a: int64, b: int64):
    return (a & b, a | b, a ^ b, ~a, -a, +a)


@micropython.viper
def lshl(a: int64, n: int) -> int64:
    return a << n


@micropython.viper
def lshr(a: int64, n: int) -> int64:
    return a >> n


@micropython.viper
def lshifts(a: int64):
    return (a << 0, a << 5, a << 32, a << 47, a >> 0, a >> 5, a >> 32, a >> 47, a >> 63)


@micropython.viper
def lorders(a: int64, b: int64):
    return (a < b, a <= b, a > b, a >= b, a == b, a != b)


@micropython.viper
def lliterals(a: int64):
    return (a + 1, a - 0x123456789A, a * -3, a < 5, 5 < a, a == -1, a & 0xFFFFFFFF00000000)


@micropython.viper
def ltests(a: int64) -> int:
    n = 0
    if a:
        n += 1
    if a > 0 and a < 1000:
        n += 2
    if bool(a):
        n += 4
    return n


@micropython.viper
def lmixed(a: int64, i: int, u: uint) -> int64:
    return (a + i) ^ int64(u)


@micropython.viper
def lcasts(a: int64):
    return (int(a) & 0x7FFFFFFF, uint(a) & 0x7FFFFFFF, uint64(a), float(a), int64(int(a) & 255))


@micropython.viper
def loffloat(a: float) -> int64:
    return int64(a)


@micropython.viper
def lsum(n: int) -> int64:
    s = int64(0)
    for i in range(n):
        s += int64(i) * 0x10000001
    return s


@micropython.viper
def ltry(a: int64, o) -> int64:
    r = a
    try:
        r = a + 1
        r = int64(o)
    except TypeError:
        r += 2
    return r


@micropython.viper
def lchoice(c: int, a: int64, b: int64) -> int64:
    return a if c else b


@micropython.viper
def lclosure(a: int64):
    def inner():
        return a

    return inner()


@micropython.viper
def lcalls(a: int64) -> int64:
    return ladd(a, 1) * 2 + lchoice(1, a, 0)


@micropython.viper
def takes_int(n: int) -> int:
    return n + 1


@micropython.viper
def takes_bool(b: bool) -> bool:
    return b


@micropython.viper
def gives_long(a: int64) -> int:
    return (takes_int(a) & 255) * 2 + int(takes_bool(a))


@micropython.viper
def uadd(a: uint64, b: uint64) -> uint64:
    return a + b


@micropython.viper
def usub(a: uint64, b: uint64) -> uint64:
    return a - b


@micropython.viper
def umul(a: uint64, b: uint64) -> uint64:
    return a * b


@micropython.viper
def udiv(a: uint64, b: uint64) -> uint64:
    return a // b


@micropython.viper
def umod(a: uint64, b: uint64) -> uint64:
    return a % b


@micropython.viper
def ushl(a: uint64, n: int) -> uint64:
    return a << n


@micropython.viper
def ushr(a: uint64, n: int) -> uint64:
    return a >> n


@micropython.viper
def ushifts(a: uint64):
    return (a << 5, a << 32, a << 47, a >> 5, a >> 32, a >> 47, a >> 63)


@micropython.viper
def uorders(a: uint64, b: uint64):
    return (a < b, a <= b, a > b, a >= b, a == b, a != b)


@micropython.viper
def ufloat(a: uint64) -> float:
    return float(a)


@micropython.viper
def fnv(data: ptr8, n: int) -> uint64:
    h = uint64(0xCBF29CE484222325)
    for i in range(n):
        h = (h ^ uint64(data[i])) * 0x100000001B3
    return h


def fnv_untyped(data):
    h = 0xCBF29CE484222325
    for c in data:
        h = (h ^ c) * 0x100000001B3 & M64
    return h


def longs():
    some = [0, 1, -1, 7, -12, 0x7FFFFFFF, -0x80000000, 0x80000000, 0x123456789ABCDEF, -(1 << 40) - 3]
    some += [(1 << 63) - 1, -(1 << 63), 1 << 32, 1 << 62]
    for a in some:
        check("shifts", lshifts(a), tuple(s64(a << n) for n in (0, 5, 32, 47)) + tuple(a >> n for n in (0, 5, 32, 47, 63)))
        check("tests", ltests(a), (5 if a else 0) + (2 if 0 < a < 1000 else 0))
        check("literals", lliterals(a), (s64(a + 1), s64(a - 0x123456789A), s64(a * -3), a < 5, 5 < a, a == -1, s64(a & 0xFFFFFFFF00000000)))
        check("mixed", lmixed(a, -5, 0x80000001), s64((a - 5) ^ 0x80000001))
        check("casts", lcasts(a)[:3], (a & 0x7FFFFFFF, a & 0x7FFFFFFF, a & M64))
        check("casts", lcasts(a)[4], a & 255)
        check("choice", (lchoice(1, a, 3), lchoice(0, 3, a)), (a, a))
        check("closure", lclosure(a), a)
        check("calls", lcalls(a), s64((a + 1) * 2 + a))
        check("try", ltry(a, 1 << 50), 1 << 50)
        check("try", ltry(a, "x"), s64(a + 3))
        for n in range(64):
            check("shl", lshl(a, n), s64(a << n))
            check("shr", lshr(a, n), a >> n)
            check("unsigned shl", ushl(a & M64, n), a << n & M64)
            check("unsigned shr", ushr(a & M64, n), (a & M64) >> n)
        u = a & M64
        check("shifts", ushifts(u), tuple(u << n & M64 for n in (5, 32, 47)) + tuple(u >> n for n in (5, 32, 47, 63)))
        for b in some:
            check("add", ladd(a, b), s64(a + b))
            check("sub", lsub(a, b), s64(a - b))
            check("mul", lmul(a, b), s64(a * b))
            check("bits", lbits(a, b), (a & b, a | b, a ^ b, ~a, s64(-a), a))
            check("orders", lorders(a, b), (a < b, a <= b, a > b, a >= b, a == b, a != b))
            v = b & M64
            check("unsigned add", uadd(u, v), u + v & M64)
            check("unsigned sub", usub(u, v), u - v & M64)
            check("unsigned mul", umul(u, v), u * v & M64)
            check("unsigned orders", uorders(u, v), (u < v, u <= v, u > v, u >= v, u == v, u != v))
            if b:
                check("div", ldiv(a, b), s64(a // b))
                check("mod", lmod(a, b), a % b)
                check("unsigned div", udiv(u, v), u // v)
                check("unsigned mod", umod(u, v), u % v)
            else:
                for f in (ldiv, lmod, udiv, umod):
                    raises("div", ZeroDivisionError, f, a, b)
    check("long argument", gives_long(41), 85)
    check("long argument", gives_long(1 << 32), 3)
    for f in (0.0, 1.5, -1.5, 2147483648.0, -4294967296.0, 1099511627776.0):
        check("of float", loffloat(f), int(f))
    for u in (0, 5, 1 << 31, 1 << 40, 1 << 63):
        check("to float", ufloat(u), float(u))
    check("to float", lcasts(-(1 << 40))[3], -1099511627776.0)
    check("sum", lsum(1000), 999 * 500 * 0x10000001)
    check("truncated", ladd(1 << 64 | 5, 0), 5)
    text = b"the quick brown fox"
    check("fnv", fnv(text, len(text)), fnv_untyped(text))
    for bad in (None, "1", 1.5, []):
        raises("argument", TypeError, ladd, bad, 1)


longs()
print(checks, "checks,", wrong, "wrong")
