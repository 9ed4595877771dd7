# `float`, each operator against what untyped code makes of it. The numbers are such as single precision holds exactly.
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


# Floats.


@micropython.viper
def fadd(a: float, b: float) -> float:
    return a + b


@micropython.viper
def fsub(a: float, b: float) -> float:
    return a - b


@micropython.viper
def fmul(a: float, b: float) -> float:
    return a * b


@micropython.viper
def fdiv(a: float, b: float) -> float:
    return a / b


@micropython.viper
def fpow(a: float, b: float) -> float:
    return a**b


@micropython.viper
def fneg(a: float) -> float:
    return -a


@micropython.viper
def fpos(a: float) -> float:
    return +a


@micropython.viper
def forders(a: float, b: float):
    return (a < b, a <= b, a > b, a >= b, a == b, a != b)


@micropython.viper
def ftests(a: float) -> int:
    n = 0
    if a:
        n += 1
    while a:
        n += 2
        a = 0.0
    if bool(a):
        n += 4
    return n


@micropython.viper
def finplace(a: float, b: float) -> float:
    a += b
    a -= 0.5
    a *= 2
    a /= 4
    return a


@micropython.viper
def fmixed(a: float, i: int, u: uint) -> float:
    return a * i + u - 3 + 0.25


@micropython.viper
def forders_int(a: float, i: int):
    return (a < i, i < a, a == i, i >= a)


@micropython.viper
def fchoice(c: int, a: float) -> float:
    return a if c else 2.5


@micropython.viper
def flocal(n: int) -> float:
    s = 0.0
    for i in range(n):
        s += float(i) * 0.5
        if s > 1000.0:
            break
    return s


@micropython.viper
def ftry(a: float, o) -> float:
    r = 1.5
    try:
        r = a * 2.0
        r = float(o)
    except TypeError:
        r += 0.25
    finally:
        r += 8.0
    return r


@micropython.viper
def fkeep(a: float, f) -> float:
    b = a + 1.0
    c = a + 2.0
    d = a * 4.0
    e = a - 5.0
    g = a * 8.0
    h = a - 16.0
    try:
        f()
    except ValueError:
        return (((a - b) * c - d) * e - g) * h
    return 0.0


@micropython.viper
def fmany(a: float, b: float) -> float:
    c = a + b
    d = a - b
    e = a * 2.0
    g = b * 2.0
    h = c + d
    i = c - d
    j = e + g
    k = e - g
    str(a)
    return ((((((((a + b) * 2.0 + c) + d) + e) + g) + h) + i) + j) - k


def uses_floats_and_raises():
    fmany(3.0, 4.0)
    raise ValueError


@micropython.viper
def takes_int(n: int) -> int:
    return n + 1


@micropython.viper
def gives_float(a: float) -> int:
    return takes_int(a)


@micropython.viper
def ftoint(a: float) -> int:
    return int(a)


@micropython.viper
def ftouint(a: float) -> uint:
    return uint(a)


@micropython.viper
def fofint(a: int) -> float:
    return float(a)


@micropython.viper
def fofuint(a: uint) -> float:
    return float(a)


@micropython.viper
def fofbool(a: bool) -> float:
    return float(a)


@micropython.viper
def fofobject(a) -> float:
    return float(a)


@micropython.viper
def fobjects(a: float):
    return [a, (a, 0.5), str(a)]


@micropython.viper
def fdefault(a: float = 2, b: float = 0.75) -> float:
    return a - b


@micropython.viper
def fcalls(a: float) -> float:
    return fadd(a, 1) * 2.0 + float(fmul(a, a))


@micropython.viper
def fclosure(a: float):
    b = a * 2.0

    def inner():
        return a + b

    b = b + 1.0
    return inner()


@micropython.viper
def fnone(a: float) -> float:
    if a > 1.0:
        return a


@micropython.viper
def funbound(a: float) -> float:
    if a > 1.0:
        b = a
    return a


@micropython.viper
def mandel(cr: float, ci: float, most: int) -> int:
    zr = 0.0
    zi = 0.0
    n = 0
    while n < most:
        r2 = zr * zr
        i2 = zi * zi
        if r2 + i2 > 4.0:
            break
        zi = 2.0 * zr * zi + ci
        zr = r2 - i2 + cr
        n += 1
    return n


def mandel_untyped(cr, ci, most):
    zr = 0.0
    zi = 0.0
    n = 0
    while n < most:
        r2 = zr * zr
        i2 = zi * zi
        if r2 + i2 > 4.0:
            break
        zi = 2.0 * zr * zi + ci
        zr = r2 - i2 + cr
        n += 1
    return n


def floats():
    some = [0.0, 1.0, -1.0, 0.5, -2.5, 3.75, 1024.0, -4096.0]
    for a in some:
        check("neg", fneg(a), -a)
        check("pos", fpos(a), a)
        check("tests", ftests(a), 3 if a else 0)
        check("to int", ftoint(a), int(a))
        check("objects", fobjects(a), [a, (a, 0.5), str(a)])
        check("inplace", finplace(a, 1.0), (a + 1.0 - 0.5) * 2 / 4)
        check("mixed", fmixed(a, -3, 7), a * -3 + 7 - 3 + 0.25)
        check("calls", fcalls(a), (a + 1) * 2.0 + a * a)
        check("closure", fclosure(a), a + (a * 2.0 + 1.0))
        b, c, d, e, g, h = a + 1.0, a + 2.0, a * 4.0, a - 5.0, a * 8.0, a - 16.0
        if abs(a) < 100.0:
            check("keep", fkeep(a, uses_floats_and_raises), (((a - b) * c - d) * e - g) * h)
        raises("argument", TypeError, gives_float, a)
        check("choice", fchoice(1, a), a)
        check("choice", fchoice(0, a), 2.5)
        check("try", ftry(a, 3), 11.0)
        check("try", ftry(a, "x"), a * 2.0 + 8.25)
        for b in some:
            check("add", fadd(a, b), a + b)
            check("sub", fsub(a, b), a - b)
            check("mul", fmul(a, b), a * b)
            check("orders", forders(a, b), (a < b, a <= b, a > b, a >= b, a == b, a != b))
            check("orders", forders_int(a, int(b)), (a < int(b), int(b) < a, a == int(b), int(b) >= a))
            if not b:
                raises("div", ZeroDivisionError, fdiv, a, b)
        for b in (1.0, -2.0, 0.5, 8.0):
            check("div", fdiv(a, b), a / b)
    nan = float("nan")
    inf = float("inf")
    check("nan", forders(nan, 1.0), (False, False, False, False, False, True))
    check("nan", forders(nan, nan), (False, False, False, False, False, True))
    check("nan is true", ftests(nan), 3)
    check("inf", forders(inf, 1.0), (False, False, True, True, False, True))
    raises("int of inf", OverflowError, ftoint, inf)
    raises("int of nan", ValueError, ftoint, nan)
    check("minus zero", str(fneg(0.0)), "-0.0")
    check("pow", fpow(2.0, 10.0), 1024.0)
    check("pow", fpow(9.0, 0.5), 3.0)
    raises("complex", TypeError, fpow, -1.0, 0.5)
    check("local", flocal(10), 22.5)
    check("local", flocal(100), 1008.0)
    check("default", fdefault(), 1.25)
    check("default", fdefault(4), 3.25)
    check("none", fnone(2.0), 2.0)
    check("none", fnone(0.5), 0.0)
    check("unbound", funbound(0.5), 0.5)
    for i in (0, 1, -1, 77, -1000000, (1 << 31) - 128, -(1 << 31)):
        check("of int", fofint(i), float(i))
        check("of object", fofobject(i), float(i))
    for u in (0, 1, 77, 1 << 31, 0xFFFFFF00):
        check("of uint", fofuint(u), float(u))
        check("to uint", ftouint(float(u)), u)
    check("to int", ftoint(2147483520.0), 2147483520)
    check("to int", ftoint(-2147483648.0), -2147483648)
    check("of bool", fofbool(True), 1.0)
    check("of object", fofobject(True), 1.0)
    check("of object", fofobject(1 << 70), float(1 << 70))
    for bad in (None, "1.5", b"1", [], 1j, object()):
        raises("of object", TypeError, fofobject, bad)
        raises("argument", TypeError, fneg, bad)
    for y in range(-4, 5):
        for x in range(-8, 3):
            c = (x / 4, y / 4)
            check("mandel", mandel(c[0], c[1], 12), mandel_untyped(c[0], c[1], 12))


floats()
print(checks, "checks,", wrong, "wrong")
