# Arguments, closures, classes, names, and what callbacks do to what native code is working on.
import gc


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


def plain(a, b):
    return a, b


def full(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, sorted(kw.items())


print(attempt(plain, 1, 2), attempt(plain, b=1, a=2), attempt(plain, 1, b=5))
print(attempt(plain, 1), attempt(plain, 1, 2, 3))
print(attempt(plain, 1, a=2), attempt(plain, 1, 2, c=3))
print(attempt(full, 1, c=3), attempt(full, 1, 2, 3, 4, c=5, d=6, e=7, y=8))
print(attempt(full, 1), attempt(full, c=1))
print(attempt(full, *(1, 2, 3), **{"c": 1, "z": 2}), full(1, *[5], c=2, **{}))


def many(a, b, c, d, e, f, g, h, i=9, j=10):
    return a + b + c + d + e + f + g + h + i + j


print(many(1, 2, 3, 4, 5, 6, 7, 8), many(1, 2, 3, 4, 5, 6, 7, 8, j=0))


def counter():
    n = 0

    def step(by=1):
        nonlocal n
        n += by
        return n

    def peek():
        return n

    return step, peek


step, peek = counter()
step()
step(by=5)
print(peek(), attempt(step, 1, 2))


class Base:
    tag = "base"
    __slots__ = ()

    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, self.x)

    @property
    def twice(self):
        return self.x * 2

    @staticmethod
    def static(a):
        return a

    @classmethod
    def make(cls, x):
        return cls(x)

    def who(self):
        return "base", self.x


class Child(Base):
    def __init__(self, x):
        super().__init__(x + 1)

    def who(self):
        return super().who() + ("child",)

    def __eq__(self, other):
        return self.x == other.x

    def __hash__(self):
        return hash(self.x)

    def __lt__(self, other):
        return self.x < other.x


c = Child.make(3)
print(c, c.twice, c.who(), Base.static(1), c == Child(3), sorted([Child(2), Child(1)]), {Child(1): 2}[Child(1)])
print(callable(plain), plain.__name__, repr(plain)[:16], type(plain).__name__)

bound = c.who
print(bound(), list(map(Base.static, [1, 2])))


def names():
    global made
    made = 1
    made += 1
    here = "made" in globals()
    del made
    return here, "made" in globals()


print(names(), attempt(lambda: made))


class Body:
    a = 1
    b = a + 1
    c = [x for x in range(b)]
    del a


print(hasattr(Body, "a"), Body.b, Body.c)


def unpacking(seq):
    a, *b, c = seq
    (d, e), *f = [(1, 2), 3, 4]
    return a, b, c, d, e, f


print(unpacking(range(5)), unpacking("ab"))


def slices(s):
    return s[1:3], s[-1], s[:], s[1:]


print(slices("abcd"), slices([1, 2, 3, 4]), slices(b"wxyz"))


def arithmetic(a, b):
    return a + b, a - b, a * b, a // b, a % b, a / b, a**2, a & b, a | b, a ^ b, a << 2, a >> 1, -a, ~a, +a, not a


print(arithmetic(13, 5), arithmetic(-(2**70), 3))
print(attempt(arithmetic, 1, 0), attempt(arithmetic, "a", 1))


def inplace():
    a = 10
    a += 5
    a -= 1
    a *= 3
    a //= 2
    a %= 11
    a <<= 3
    a |= 1
    a ^= 6
    a &= 0xFF
    a >>= 1
    a **= 2
    l = [1]
    m = l
    l += [2]
    s = "x"
    s += "y"
    return a, m, s


print(inplace())


def compare(a, b):
    return a < b, a <= b, a == b, a != b, a >= b, a > b, a is b, a is not b, a in (a, b), a not in (b,)


print(compare(1, 2), compare("b", "a"), compare(1.5, 1), compare(2**80, 2**80))


class Shrink:
    def __init__(self, owner):
        self.owner = owner

    def __eq__(self, other):
        self.owner.clear()
        gc.collect()
        return False


def callbacks():
    l = []
    l.extend([Shrink(l) for _ in range(5)])
    found = 1 in l
    d = {}
    for i in range(20):
        d[i] = i
    out = []
    for i in list(d):
        out.append(d.pop(i))
        gc.collect()
    return found, l, len(out), d


print(callbacks())


def garbage(n):
    keep = []
    for i in range(n):
        t = [str(i), (i, i + 1), {"k": i}]
        if i % 10 == 0:
            keep.append(t)
        if i % 50 == 0:
            gc.collect()
    return sum(t[1][1] + t[2]["k"] for t in keep), keep[-1]


print(garbage(300))


def temporary():
    # The function object is garbage while it runs.
    return (lambda: (gc.collect(), [0] * 100, gc.collect(), "alive"))()[3]


print(temporary())


def mutate(f):
    l = [3, 1, 2]

    def key(x):
        gc.collect()
        return f(x)

    l.sort(key=key)
    return l


print(mutate(lambda x: -x), max([1, 5, 2], key=lambda x: -x), list(filter(lambda x: x > 1, [1, 2, 3])))


def formats(x):
    return f"{x!r:>6}|{x}", "%s-%d" % (x, 5), "{}".format(x)


print(formats("ab"), formats(1))


def loops(n):
    out = []
    for i in range(n):
        for j in range(i, -1, -2):
            if j == 2:
                break
            out.append(j)
        else:
            out.append("e")
    i = 0
    while True:
        i += 1
        if i % 2:
            continue
        if i > 6:
            break
        out.append(i)
    for k, v in {"a": 1}.items():
        out.append((k, v))
    for ch in "hé":
        out.append(ch)
    for x in (1, 2):
        out.append(x)
    for x in reversed([1, 2]):
        out.append(x)
    return out


print(loops(5))


def growing():
    l = [1]
    out = 0
    for x in l:
        out += x
        if len(l) < 5:
            l.append(x + 1)
    return out, l


print(growing())


def recursive(n):
    return 1 if n < 2 else n * recursive(n - 1)


print(recursive(30), [recursive(i) for i in range(6)])
