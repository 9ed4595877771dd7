#! agree: cpython upstream
# Arguments in all forms, defaults, closures, recursion, decorators, scopes.
def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, sorted(kw.items())


print(f(1, c=3), f(1, 2, 3, 4, c=5, d=6, e=7), f(*[1, 2, 3], **{"c": 4, "x": 5}), f(c=1, a=2))
for call in (lambda: f(), lambda: f(1), lambda: f(1, c=1, a=2), (lambda g: lambda: g(1, 2))(lambda x: x), lambda: (lambda: 0)(1), lambda: (lambda x: 0)(y=1), lambda: f(1, **{"c": 1, "b": 2}, b=3) if False else f()):
    try:
        print(call())
    except TypeError:
        print("TypeError")


def default_is_shared(x, acc=[]):
    acc.append(x)
    return acc


print(default_is_shared(1), default_is_shared(2), default_is_shared(3, []))


def counter():
    n = 0

    def up(by=1):
        nonlocal n
        n += by
        return n

    def get():
        return n

    return up, get


up, get = counter()
up2, get2 = counter()
print(up(), up(5), get(), up2(), get2())
adders = [lambda x, i=i: x + i for i in range(3)]
late = [lambda x: x + i for i in range(3)]
print([g(10) for g in adders], [g(10) for g in late])


def fact(n):
    return 1 if n < 2 else n * fact(n - 1)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


print(fact(20), fact(30), ackermann(2, 3))


def twice(g):
    def wrapped(*args, **kw):
        return g(g(*args, **kw))

    return wrapped


def times(n):
    def deco(g):
        def wrapped(x):
            for _ in range(n):
                x = g(x)
            return x

        return wrapped

    return deco


@twice
def inc(x):
    return x + 1


@times(5)
@twice
def double(x):
    return x * 2


print(inc(5), double(1))
x = "global"


def scopes():
    x = "outer"

    def inner():
        global x
        x = "changed"
        return x

    def reads():
        return x

    return inner(), reads()


print(scopes(), x)


def unbound():
    if False:
        y = 1
    return y


def deleted():
    y = 1
    del y
    return y


for g in (unbound, deleted, lambda: no_such_name):
    try:
        print(g())
    except NameError as e:
        print(type(e).__name__ in ("NameError", "UnboundLocalError"))
order = []


def note(tag, value=None):
    order.append(tag)
    return value


def g(*args, **kw):
    return None


note("f", g)(note(1), *note(2, [1]), note(3) if False else 0, k=note(4), **note(5, {}))
note("list", [0])[note("index", 0)] = note("value")
note("l", 1) < note("m", 2) < note("n", 0) < note("never")
print(order)
print((lambda *a, **k: (a, sorted(k.items())))(1, 2, x=3), (lambda: (yield))().__next__(), [f for f in (abs, len)] == [abs, len])
print(list(map(lambda p: p[0](*p[1:]), [(max, 1, 2), (min, 3, 4), (pow, 2, 10)])))


def many(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9):
    c0 = a0 + b9
    c1 = a1 + b8
    return c0 * c1 + a9 + b0 + sum((a2, a3, a4, a5, a6, a7, a8, b1, b2, b3, b4, b5, b6, b7))


print(many(*range(20)))
