# What viper accepts beyond stock.
import micropython


# Default arguments.
@micropython.viper
def defaults(a: int, b: int = 7, c=None, d=(1, 2), e: bool = True, f="text", g: int = -123456) -> object:
    return (a + b, c, d, e, f, g)


print(defaults(1), defaults(1, 2), defaults(1, 2, 3, 4, 5, 6, 7))
for call in (lambda: defaults(), lambda: defaults(1, 2, 3, 4, 5, 6, 7, 8)):
    try:
        call()
    except TypeError as e:
        print(e)


# Ranges of any step.
@micropython.viper
def ranges(start: int, stop: int, step: int):
    seen = []
    for i in range(start, stop, step):
        if i == 6:
            continue
        if i == 100:
            break
        seen.append(i + 0)
    else:
        seen.append(None)
    return seen


print(ranges(0, 10, 3), ranges(10, 0, -3), ranges(0, 0, 1), ranges(5, 0, 1), ranges(0, 5, -1))
print(ranges(90, 200, 5), ranges(-3, 3, 2), ranges(3, -3, -1))
try:
    ranges(0, 10, 0)
except ValueError as e:
    print(e)


@micropython.viper
def down(start: uint, stop: uint, step: int):
    seen = []
    for i in range(start, stop, step):
        seen.append(i)
    return seen


print(down(10, 0, -3), down(0, 10, 4), down(2, 0, -1))


@micropython.viper
def nested(n: int, m: int) -> int:
    total = 0
    for i in range(0, n, m):
        for j in range(i, -1, -m):
            try:
                if j == 2:
                    continue
                total += 10 // j
            except ZeroDivisionError:
                total += 1000
    return total


print(nested(10, 2), nested(7, 3))


# Updates of attributes.
class Thing:
    pass


@micropython.viper
def attributes(o, n: int):
    o.x += 1
    o.x *= n
    o.y -= n
    o.s += "!"


thing = Thing()
thing.x, thing.y, thing.s = 3, 1 << 70, "s"
attributes(thing, 5)
print(thing.x, thing.y, thing.s)


# Closures: parameters and locals that inner functions use.
@micropython.viper
def counter(n: int, name):
    count = n + 1

    def step(by):
        nonlocal count
        count = count + by
        return (name, n, count)

    step(1)
    count += 2
    return step


first = counter(3, "first")
second = counter(10, "second")
print(first(4), second(0), first(1))


@micropython.viper
def adder(n: int):
    @micropython.viper
    def add(x):
        return x + n

    return add


@micropython.viper
def late(o):
    def get():
        return value

    value = None
    before = get()
    value = o
    return (before, get())


@micropython.viper
def unbound(o):
    def get():
        return value

    if o:
        value = 5
    return get()


print(adder(5)(6), late("set"), unbound(1))
try:
    unbound(0)
except NameError as e:
    print("NameError")


# A variable with a type keeps it, also if the inner function does not know.
@micropython.viper
def disturbed() -> int:
    n = 5

    def spoil(v):
        nonlocal n
        n = v

    spoil(6)
    a = n + 1
    spoil("text")
    try:
        a = n + 1
    except TypeError:
        print("TypeError")
    return a


print(disturbed())
