# Generators of machine code.
def count(n):
    for i in range(n):
        got = yield i
        if got:
            yield "got " + str(got)


g = count(3)
print(next(g), g.send("a"), next(g), next(g), list(g))
g = count(2)
try:
    g.send(1)
except TypeError as e:
    print(e)
print(list(count(4)), sum(count(5)), "x" in count(2))


def catcher():
    while True:
        try:
            yield 1
        except ValueError as e:
            yield ("caught", e.args)
        finally:
            print("finally")


g = catcher()
print(next(g), g.throw(ValueError(5)), next(g), g.throw(ValueError(6)))
g.close()
print(list(g))


def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield 2


g = stubborn()
next(g)
try:
    g.close()
except RuntimeError as e:
    print(e)


def value(x):
    yield x
    return x * 2


def delegate():
    a = yield from value(1)
    b = yield from value(2)
    c = yield from [7, 8]
    return a, b, c


def show(g):
    out = []
    try:
        while True:
            out.append(next(g))
    except StopIteration as e:
        return out, e.value


print(show(delegate()))


@micropython.bytecode
def bytes_delegate():
    a = yield from value(10)
    return a


@micropython.bytecode
def bytes_value():
    got = yield "b1"
    try:
        yield got
    except KeyError:
        yield "key"
    return "done"


def native_over_bytes():
    r = yield from bytes_value()
    yield r


print(show(bytes_delegate()))
g = native_over_bytes()
print(next(g), g.send("sent"), g.throw(KeyError()), next(g), list(g))


def raises():
    yield 1
    raise OSError(3)


g = raises()
next(g)
try:
    next(g)
except OSError as e:
    print("os", e.errno, list(g))


def leaks():
    yield 1
    raise StopIteration(2)


g = leaks()
next(g)
try:
    next(g)
except RuntimeError as e:
    print(e)


def selfish():
    yield next(me)


me = selfish()
try:
    next(me)
except ValueError as e:
    print(e)


def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def take(n, it):
    return [x for x, _ in zip(it, range(n))]


print(take(12, fib()))


def defaults(a, b=2, *args, c=3, **kw):
    yield a, b, args, c, sorted(kw.items())


print(list(defaults(1)), list(defaults(1, 5, 6, 7, c=8, d=9)))
try:
    defaults()
except TypeError as e:
    print(e)


def closure(n):
    total = 0

    def add(x):
        nonlocal total
        total += x

    for i in range(n):
        add(i)
        yield total


print(list(closure(5)))
print(list(x * y for x in range(3) for y in range(x)))
print({x: x * x for x in count(3)}, {x % 2 for x in count(5)})


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


print(list(tree(4)))


def throw_through():
    def inner():
        try:
            yield 1
        except KeyError:
            yield "inner caught"

    yield from inner()
    yield "after"


g = throw_through()
print(next(g), g.throw(KeyError), next(g))
g = throw_through()
next(g)
try:
    g.throw(IndexError("up"))
except IndexError as e:
    print(e, list(g))


def with_in_generator():
    class C:
        def __enter__(self):
            print("enter")

        def __exit__(self, *a):
            print("exit", a[0] is not None)

    with C():
        yield 1


g = with_in_generator()
next(g)
g.close()
list(with_in_generator())

unstarted = count(3)
unstarted.close()
print(list(unstarted))


async def co(x):
    return x + 1


async def run():
    return await co(1) + await co(2)


try:
    run().send(None)
except StopIteration as e:
    print(e.value)
