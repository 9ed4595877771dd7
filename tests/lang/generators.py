#! agree: cpython upstream
# Generators: values both ways, exceptions both ways, delegation, laziness.
def count(n):
    i = 0
    while i < n:
        got = yield i
        i = got if got is not None else i + 1
    return "done"


g = count(10)
print(next(g), next(g), g.send(7), next(g), list(g), list(g))
try:
    next(g)
except StopIteration as e:
    print("stop", e.value)


def catching():
    while True:
        try:
            x = yield "ready"
            print("got", x)
        except ValueError as e:
            print("caught", e.args)
            yield "handled"
        finally:
            print("finally")


g = catching()
print(next(g), g.send(1), g.throw(ValueError("boo")), next(g))
try:
    g.throw(KeyError("out"))
except KeyError as e:
    print("escaped", e.args)
try:
    next(g)
except StopIteration:
    print("finished")


def closing():
    try:
        yield 1
        yield 2
    except GeneratorExit:
        print("closing")
        raise
    finally:
        print("closed")


g = closing()
next(g)
g.close()
g.close()


def inner():
    x = yield "i1"
    print("inner got", x)
    try:
        yield "i2"
    except ValueError:
        print("inner caught")
        yield "i3"
    return "inner result"


def outer():
    r = yield from inner()
    print("outer got", r)
    r = yield from [1, 2]
    print(r)
    yield from range(2)
    return "outer result"


g = outer()
print(next(g), g.send("hello"), g.throw(ValueError), next(g), next(g), next(g), next(g))
try:
    next(g)
except StopIteration as e:
    print(e.value)


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


print(list(tree(4)), sum(tree(8)))


def primes():
    found = []
    n = 2
    while True:
        if all(n % p for p in found):
            found.append(n)
            yield n
        n += 1


p = primes()
print([next(p) for _ in range(15)])
pipeline = (x * x for x in (y + 1 for y in range(10)) if x % 2)
print(next(pipeline), list(pipeline), sum(x for x in range(10)), max((abs(x), x) for x in (-3, 2)))


def reenter():
    yield next(me)


me = reenter()
try:
    next(me)
except ValueError:
    print("already executing")


def early():
    yield 1
    raise RuntimeError("inside")


g = early()
print(next(g))
for _ in range(2):
    try:
        print(next(g))
    except Exception as e:
        print(type(e).__name__)


class Iter:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


print(list(Iter(4)), [x for x in Iter(3)], sum(Iter(5)), tuple(Iter(2)), 2 in Iter(4), sorted(Iter(3)), dict(zip(Iter(3), "abc"))[2])
it = iter([1, 2, 3])
print(next(it), list(it), next(it, "default"))
a, b, *c = Iter(5)
print(a, b, c)
try:
    g = count(1)
    g.send(5)
except TypeError:
    print("TypeError")
