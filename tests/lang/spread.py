#! agree: cpython
# Calls with starred arguments, binding of them in functions of all kinds, iterators whose __next__ is a function,
# keys that are tuples, sums and extremes of small ints.


def show(*args, **kw):
    print(args, sorted(kw.items()))


def fixed(a, b, c=3, *rest, d, e=5, **more):
    print(a, b, c, rest, d, e, sorted(more.items()))


def cells(a, b=2, *rest, c=4, **more):
    def inner():
        return a, b, rest, c, sorted(more.items())

    a += 1
    return inner


def lazy(a, b=2, *rest, c=4, **more):
    def inner():
        return b

    yield a, inner(), rest, c
    b = 7
    yield inner(), sorted(more.items())


class Sequence:
    def __init__(self, n):
        self.n = n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError
        return i * i


class Mapping:
    def keys(self):
        return ["d", "z"]

    def __getitem__(self, key):
        return key * 2


class Callee:
    def __call__(self, *args, **kw):
        return "called", args, sorted(kw.items())

    def method(self, *args, d=0, **kw):
        return "method", args, d, sorted(kw.items())

    @staticmethod
    def static(*args):
        return "static", args


class Made:
    def __init__(self, *args, **kw):
        self.args = args
        self.kw = kw


def count(n):
    for i in range(n):
        yield i


def attempt(f, *args, **kw):
    try:
        print(f(*args, **kw))
    except Exception as e:
        print(type(e).__name__)


few = (1, 2)
some = [3, 4]
many = list(range(40))
names = {"d": 6, "y": 7}
show(*few, *some, 9, **names, x=1)
show(*(), **{})
show(*many)
show(0, *many[:22], x=1)
show(**{"k%02d" % i: i for i in range(30)})
show(*count(3), *Sequence(3), *"ab", **Mapping())
show(*{5: 1}, *range(3))
fixed(*few, **names)
fixed(*few, *some, *some, **names)
fixed(1, *[2], d=1)
print(cells(*few)(), cells(1)(), cells(*many[:5], **names)(), cells(a=5, c=1)())
print(list(lazy(*few, *some)), list(lazy(1, c=2, x=3)), list(lazy(a=1)))
callee = Callee()
print(callee(*few, **names), callee.method(*few, **names), callee.static(*some))
bound = callee.method
print(bound(*some, x=1), Made(*few, **names).args, sorted(Made(*few, **names).kw.items()))
print(max(*few), min(*some, 1), sorted(*[some]), dict(*[[(1, 2)]], **names)["y"], int(*["12"]))
print((lambda *a, **k: (a, sorted(k.items())))(*few, **names))

attempt(fixed, *few)
attempt(fixed, 1, d=2)
attempt(fixed, *few, a=1, d=3)
attempt(fixed, **{"a": 1, "b": 2, "d": 3})
attempt(lambda a, b: (a, b), *many)
attempt(lambda a, b: (a, b), 1, c=2)
attempt(lazy)
attempt(show, *few)
for bad in (5, None):
    try:
        show(*bad)
    except TypeError:
        print("not iterable")
try:
    show(**{1: 2})
except TypeError:
    print("no name")
try:
    fixed(*few, d=1, **{"d": 2})
except TypeError:
    print("twice")


# What is spread is found by a collection while the function runs.
def collect(*args, **kw):
    import gc

    gc.collect()
    junk = [bytearray(50) for _ in range(50)]
    return len(junk), args[0] + args[1], kw["x"]


print(collect(*["a" * 20, "b" * 20], **{"x": "c" * 20}))


# Iterators.
class Steps:
    def __init__(self, n, end=StopIteration):
        self.n = n
        self.end = end

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            if self.end is None:
                return self.missing
            raise self.end
        self.n -= 1
        return self.n

    __await__ = __iter__


class Ended(StopIteration):
    pass


def delegate(n, end=StopIteration):
    got = yield from Steps(n, end)
    yield "got", got


print(list(Steps(3)), [i for i in Steps(2)], list(delegate(3)))
print(list(delegate(1, StopIteration(5))), list(delegate(2, Ended)), list(delegate(0, Ended(1))))
for end in (ValueError, KeyError(3), None):
    try:
        for i in Steps(2, end):
            print(i)
    except Exception as e:
        print(type(e).__name__, e.args if end else "")
    try:
        print(list(delegate(1, end)))
    except Exception as e:
        print(type(e).__name__)


class Closing:
    def __init__(self):
        def step(self):
            raise StopIteration(1)

        self.step = step

    def __iter__(self):
        return self

    def __next__(self):
        return self.step(self)


async def wait():
    return await Steps(2)


for i in Closing():
    print("never")
w = wait()
try:
    while True:
        print(w.send(None))
except StopIteration as e:
    print("end", e.value)

# Raised as a class and as an instance.
for what in (ValueError, OSError, KeyError, Ended, StopIteration):
    for it in (what, what(1)):
        try:
            raise it
        except Exception as e:
            print(type(e) is what, e.args, e is it)

# Keys.
grid = {}
for x in range(12):
    for y in ("a", "b", "long name that is not interned" * 2):
        grid[(x, y)] = x, y
        grid[x, y[:1]] = 1
print(len(grid), (3, "a") in grid, (3, "c") in grid, grid[(11, "b")], grid.get((1, 2)), grid[5, "l"])
mixed = {(1, 2): "ints", (1.0, "x"): "float", ("x", (1, "y")): "nested", (True, None): "others", (): "none"}
print([mixed.get(k) for k in [(1, 2), (1.0, 2), (1, "x"), (True, 2), ("x", (1, "y")), (1, None), (), (1,)]])
big = {(i, -i): i for i in range(100)}
print([big[(i, -i)] for i in range(0, 100, 9)], (1, 1) in big, big.get((True, -1)), big.get((2.0, -2)))
for key in [(1, []), [], (200, 0), "a", 1, None]:
    try:
        print(big[key])
    except (KeyError, TypeError) as e:
        print(type(e).__name__)
nan = float("nan")
big[(nan, 1)] = "nan"
print(big.get((float("nan"), 1)))


class Logged(dict):
    def __getitem__(self, key):
        return "logged", key


logged = Logged()
logged[1, 2] = 3
print(logged[1, 2], logged.get((1, 2)))


# Sums and extremes.
for items in [[], [1, 2, 3], (4, -5), [1, 2.5], [2**70, 1], [True, 2], ["b", "a"], [1 << 61, 1 << 61, 1 << 61], [3, None]]:
    for f in (sum, min, max):
        try:
            print(f(items))
        except (TypeError, ValueError) as e:
            print(type(e).__name__)
print(sum([1, 2], 10), min([3, 1, 2], key=lambda v: -v), max((), default=4), min(4, 2), max([7]))
a, b = (1, "x")
c, d, e = (2, 3, (4,))
print(a, b, c, d, e)
for wrong in [(1,), (1, 2, 3), []]:
    try:
        a, b = wrong
    except ValueError:
        print("wrong", len(wrong))
