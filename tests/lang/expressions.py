#! agree: cpython
# Arithmetic of floats, ints and everything else in expressions of several operators, outside of loops over numbers.


def area(a, b, c):
    s = (a + b + c) / 2
    return s * (s - a) * (s - b) * (s - c) + 0.0


def mixed(x, y, z):
    return x * y + z * 2 - x / 4.0


def deep(a, b, c, d):
    return a * b - (c * d - (a - b) * (c - d)) / (a + b + 1.0) + -a * 3 - (b - 0.5) * 2 + c


def chain(a, b):
    return a + b + a + b + 0.5 + a


def start(a, b):
    a += b * 0.5 + a
    a *= b - a * 2
    a -= b / 2.0 + 1
    a /= b + b + 1
    return a


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    def __rmul__(self, k):
        return Vector(k * self.x, k * self.y)

    def __sub__(self, other):
        raise ValueError("no difference")

    def turn(self, c, s):
        self.x, self.y = self.x * c - self.y * s + 0.0, self.x * s + self.y * c + 0.0

    def size(self):
        return self.x * self.x + self.y * self.y - 0.0

    def __repr__(self):
        return "<%s %s>" % (self.x, self.y)


def vectors(a, b, c, d):
    return a * 2.0 + b * c + d


def text(a, b, n):
    return a * n + b + a * 1 + (b + "!" + a), 0.5


def divided(a, b):
    return a * 2 / b + 1.0 + a / (b - 1) * 2


def big(a, b):
    return a * b + a * 2 * 3 - b * 0 + (a + 1) * (b + 1) * 1, 1.0


def caught(a, b):
    got = 1.5
    try:
        got = a * b + a * 0.5
        got = got + a / b * 2.0
    except ZeroDivisionError:
        got = got * 2 + a * 1.0
    except TypeError:
        got = "no numbers"
    return got


def unbound(flag):
    if flag:
        x = 2.0
    return 1.5 * 2 + x * 3 + 1


def constants(a):
    return 2 * (1 - a) * 3 + (1 - a * 2) / 4 - 1 * a + (3 + 4) * 0.5


def closed(k):
    def inner(x):
        return x * k + x * x * k + 0.25

    return inner


def steps(a, b):
    yield a * b + a * 0.5
    x = yield a - b * 2.0 - a
    yield x * 2 + x * a / 2


def looped(items, k):
    total = 0.0
    for item in items:
        total = total + item * k + item * 0.5 - k / 4
    return total


def conditions(a, b):
    n = 0
    if a * b + 1.0 > b * b + a:
        n += 1
    while n * 1.0 + a < 10 - b * 0.5 and n < 20:
        n = n + 1 * 1
    return n, a * b + 1 == b * a + 1.0, not a * b - b * a


def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__)


values = [1, 2.5, -3, 0.0, 1e3, True, 1 << 8]
for v in values:
    for w in values:
        show(area, v, w, 5)
        show(mixed, v, w, 2)
        show(mixed, 1.5, v, w)
        show(deep, v, w, 1.5, 2)
        show(deep, 2, 0.5, v, w)
        show(chain, v, w)
        show(start, v, w)
        show(divided, v, w)
        show(constants, v)
        show(caught, v, w)
        show(closed(v), w)
        print(conditions(v, w))

huge = 1 << 62
print(big(3, 4), big(huge, huge), big(-huge, 1), big(2**30, 2**33), big(2.0, 3), big(huge - 1, 1))
print(text("ab", "c", 3))
v, w = Vector(1.0, 2), Vector(3, 0.5)
print(vectors(v, w, 2, w), vectors(v, w, 1.5, v), vectors(1.0, 2, 3, 4), vectors(1, 2, 3, 4.5))
v.turn(0.5, 2)
w.turn(0, 1)
print(v, w, v.size(), w.size(), Vector(3, 4).size())
for a, b in [(v, w), (v, 2), (2, v), ("a", 2), (2, "a"), (None, 1.0), (1.0, None), ([1], 2), (1.5, [2])]:
    for f in (mixed, vectors, chain, divided, caught, start):
        args = (a, b) if f in (chain, divided, caught, start) else (a, b, 1.0) if f is mixed else (a, b, 1.0, a)
        try:
            print(f(*args))
        except Exception as e:
            print(type(e).__name__)
print(unbound(True))
try:
    unbound(False)
except NameError:
    print("unbound")
g = steps(2.0, 3)
print(next(g), next(g), g.send(1.5), list(steps(1, 2))[:1] if False else "-")
print(looped([1, 2.5, True, 4], 2), looped([1.0] * 50, 0.5), looped([1 << 62, 1], 4), looped([], 1))
try:
    looped([1.0, "a"], 2)
except TypeError:
    print("no number")
nan, inf = float("nan"), float("inf")
for a in (nan, inf, -inf, 0.0):
    print([f(a, 2.0) for f in (chain, start)], mixed(a, 1.0, a), caught(a, 0.0), caught(a, 0))


# A collection between two halves of an expression.
def collected(a, b):
    import gc

    class Loud:
        def __rmul__(self, other):
            gc.collect()
            [bytearray(30) for _ in range(100)]
            return other + 0.25

        def __radd__(self, other):
            gc.collect()
            return other * 2

    return a * b + a * Loud() + b * 2.0 * Loud() + Loud()


print(collected(1.5, 2.5), collected(1, 2))
