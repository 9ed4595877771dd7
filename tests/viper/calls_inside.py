# Functions of one module call each other directly; what that must not change.
import micropython


@micropython.viper
def add1(a: int) -> int:
    return a + 1


@micropython.viper
def twice(a: int) -> int:
    return add1(a) * 2


@micropython.viper
def fib(n: int) -> int:
    if n < 2:
        return n
    return int(fib(n - 1)) + int(fib(n - 2))


@micropython.viper
def depth(n: int) -> int:
    if n == 0:
        return 0
    return 1 + depth(n - 1)


print(twice(20), fib(20), depth(5), depth(50), depth(500))
try:
    depth(100000000)
except RuntimeError as e:
    print(e)


# One calls the other and is called by it.
@micropython.viper
def even(n: int) -> bool:
    if n == 0:
        return True
    return odd(n - 1)


@micropython.viper
def odd(n: int) -> bool:
    if n == 0:
        return False
    return even(n - 1)


print(even(10), even(7), odd(99), even(0))


# However deep: whose globals are current does not matter, and arguments of all types arrive.
@micropython.viper
def first(items: ptr8, n: int) -> int:
    if n == 0:
        return items[0]
    return int(first(items, n - 1)) + items[1]


@micropython.viper
def high(n: uint) -> uint:
    if n & uint(0xFF) == uint(0):
        return n
    return uint(high(n - uint(1)))


@micropython.viper
def chosen(yes: bool, n: int) -> bool:
    if n == 0:
        return yes
    return bool(chosen(yes, n - 1))


@micropython.viper
def kept(thing, n: int) -> object:
    if n == 0:
        return thing
    return kept(thing, n - 1)


exec(
    """
print(f(100), g(21), h(0x80000040), i(True, 40), i(False, 40), j("text", 60))
print(k(bytearray([3, 2]), 70), k(bytes([200, 1]), 33))
""",
    {"f": depth, "g": odd, "h": high, "i": chosen, "j": kept, "k": first},
)


# Exceptions pass through.
@micropython.viper
def divide(a: int) -> int:
    return 10 // a


@micropython.viper
def guarded(a: int) -> int:
    try:
        return divide(a)
    except ZeroDivisionError:
        return -1


print(guarded(0), guarded(3))


# Objects as arguments and results; globals of the module.
total = 3


def python(x):
    return x


@micropython.viper
def mixed(a, b: int):
    return a + python(b)


@micropython.viper
def calls_mixed(a):
    return mixed(a, 5)


@micropython.viper
def counts(p: ptr8, i: int) -> int:
    global total
    total = total + python(i)
    return p[i]


@micropython.viper
def calls_counts(b) -> int:
    return counts(b, 2)


print(calls_mixed(20), calls_mixed(0.5), calls_counts(b"abc"), total)


# What an argument becomes, it becomes at any call.
@micropython.viper
def flag(b: bool) -> bool:
    return b


@micropython.viper
def flags(n: int, o):
    return (flag(n), flag(o), flag(True), flag(n == 3))


print(flags(256, []), flags(0, [1]), flags(3, None))


@micropython.viper
def number(a: int) -> int:
    return a


@micropython.viper
def of_none() -> int:
    return number(None)


@micropython.viper
def of_object(o) -> int:
    return number(o)


for fun in (of_none, lambda: of_object("x"), lambda: of_object(1.5)):
    try:
        print(fun())
    except TypeError as e:
        print(e)
print(of_object(12))


# A result is a number where one is wanted and an object where one is.
@micropython.viper
def both(a: int, p: ptr8):
    o = add1(a)
    x = 0
    x = add1(a)
    if add1(a):
        o = o + add1(a)
    y = [add1(a), x, o]
    y.append(add1(1) if a else add1(2))
    return (y, 1 < add1(a), p[add1(0)], not add1(-1), add1(add1(a)), str(add1(a)))


print(both(20, b"abc"), both(-1, b"abc"))


# A name that is bound twice means what it is bound to when it is called.
@micropython.viper
def bound_twice(a: int) -> int:
    return a


@micropython.viper
def calls_bound_twice():
    return bound_twice(3)


bound_twice = lambda x: 77
print(calls_bound_twice())


@micropython.viper
def bound_elsewhere(a: int) -> int:
    return a


@micropython.viper
def calls_bound_elsewhere():
    return bound_elsewhere(3)


def rebind():
    global bound_elsewhere
    bound_elsewhere = lambda x: 78


print(calls_bound_elsewhere())
rebind()
print(calls_bound_elsewhere())


# Which function is called depends on a condition.
@micropython.viper
def either(c):
    return (python if c else number)(3)


@micropython.viper
def of_either(c: int) -> int:
    return number(4 if c else 5)


print(either(1), either(0), of_either(1), of_either(0))


# Arguments that are missing or too many are the run time's business.
@micropython.viper
def too_many():
    return number(1, 2)


try:
    too_many()
except TypeError as e:
    print(e)


@micropython.viper
def four(a: int, b: int, c: int, d: int) -> int:
    return a * 1000 + b * 100 + c * 10 + d


@micropython.viper
def calls_four(a: int) -> int:
    return four(a, a + 1, a + 2, a + 3)


@micropython.viper
def three(a: int, b: int, c: int) -> int:
    return a * 100 + b * 10 + c


@micropython.viper
def calls_three(a: int) -> int:
    return three(a, a + 1, a + 2)


print(calls_four(1), calls_three(4))


# Defaults: a call that gives all arguments is as any other, one that does not has the runtime fill them in.
@micropython.viper
def scaled(a: int, by: int = 5, plus: int = -1) -> int:
    return a * by + plus


@micropython.viper
def all_given(n: int) -> int:
    s = 0
    for i in range(n):
        s += scaled(i, 2, 3)
    return s


@micropython.viper
def some_given(n: int) -> int:
    s = 0
    for i in range(n):
        s += 0 + scaled(i) - scaled(i, 3)
    return s


print(all_given(5), some_given(5), scaled(7), scaled(7, 1), scaled(7, 1, 0))


@micropython.viper
def grow(n: int, by: int = 2) -> int:
    if n > 100:
        return n
    return int(grow(n * by)) + grow(n * by, by + 1)


print(grow(1), grow(1, 3))


@micropython.viper
def too_few(n: int) -> int:
    return n + scaled()


try:
    too_few(1)
except TypeError as e:
    print("TypeError", e)


# What divides by a constant and calls nothing else, where the machine cannot divide.
@micropython.viper
def remainder(a: int) -> int:
    return a % -5


@micropython.viper
def third(a: int) -> int:
    return a // 3


@micropython.viper
def both(a: int) -> int:
    return int(remainder(a)) * 1000 + third(a)


print(both(1), both(7), both(-7), both(-15))


# Operators on results keep the declared type where an object would be wrong, and are exact where one is asked for.
@micropython.viper
def sums(n: int) -> int:
    if n < 2:
        return n
    return sums(n - 1) + sums(n - 2)


@micropython.viper
def most(n: int) -> int:
    return 0x3FFFFFFF if n else 5


@micropython.viper
def unsigned(n: uint) -> uint:
    return n


@micropython.viper
def exact():
    x = most(1) + most(1) + most(1)
    y = most(1) * most(1) * most(1)
    return x, y, [most(1) * most(1), most(0) - most(0)], -(most(1) + most(1)), unsigned(3) - unsigned(4)


@micropython.viper
def low() -> int:
    return (most(1) * most(1) + most(0)) & 0xFFFF


@micropython.viper
def truths() -> int:
    # The low 64 bits of the first are zero, which it is not.
    n = 0
    if unsigned(1 << 16) * unsigned(1 << 16) * unsigned(1 << 16) * unsigned(1 << 16):
        n |= 1
    if most(0) - most(0):
        n |= 2
    if not (most(0) ^ most(0)):
        n |= 4
    if bool(most(0) | most(0)):
        n |= 8
    if (most(1) + most(1)) == (most(0) + most(1)):
        n |= 16
    if unsigned(1 << 15) * unsigned(1 << 15) * unsigned(4) > most(0) + most(0):
        n |= 32
    return n


@micropython.viper
def wanted(p: ptr8, n: int) -> int:
    t = 0
    t += most(0) + most(0)
    t = most(0) * most(0) + t
    p[most(0) - most(0)] = most(0) + most(0)
    q = most(0) + most(0) if n else most(0) - most(0)
    return t + int(q) + p[most(0) - most(0)] + sums(most(0) + most(0))


@micropython.viper
def deep() -> int:
    return int(most(0) + most(0) + most(0) + most(0) + most(0) + most(0) + most(0) + most(0) + most(0) + most(0) + most(0))


kept = bytearray(4)
print(sums(15), exact(), low(), truths(), wanted(kept, 1), wanted(kept, 0), kept, deep())
