# The recursion ladder: every way in which a call can lead to a call, without an end.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

import sys, gc


class C:
    def __init__(self, *args):
        pass

    def method(self):
        return self.method()

    def __repr__(self):
        return repr(self)

    def __eq__(self, other):
        return other == self

    def __lt__(self, other):
        return self < other

    def __hash__(self):
        return hash(self)

    def __getitem__(self, i):
        return self[i]

    def __setitem__(self, i, v):
        self[i] = v

    def __delitem__(self, i):
        del self[i]

    def __len__(self):
        return len(self)

    def __bool__(self):
        return bool(self)

    def __call__(self, *args):
        return self(*args)

    def __iter__(self):
        return iter(self)

    def __contains__(self, x):
        return x in self

    def __add__(self, other):
        return self + other

    def __radd__(self, other):
        return other + self

    def __neg__(self):
        return -self

    def __int__(self):
        return int(self)

    def __enter__(self):
        with self:
            pass

    def __exit__(self, *args):
        pass

    @property
    def prop(self):
        return self.prop

    def __getattr__(self, name):
        return getattr(self, name + "x" if len(name) < 20 else name)


class Setter:
    def __setattr__(self, name, value):
        setattr(self, name, value)

    def __delattr__(self, name):
        delattr(self, name)


class New:
    def __new__(cls):
        return New()


class Init:
    def __init__(self):
        Init()


class Next:
    def __iter__(self):
        return self

    def __next__(self):
        return next(self)


class Descriptor:
    def __get__(self, obj, cls):
        return obj.d

    def __set__(self, obj, v):
        obj.d = v


class Holder:
    d = Descriptor()


class StopSoon(Exception):
    def __init__(self):
        raise StopSoon()


def plain():
    return plain()


def mutual_a():
    return mutual_b()


def mutual_b():
    return mutual_a()


def arguments(*args, **kw):
    return arguments(*args, 1, **kw)


def with_try():
    try:
        return with_try()
    finally:
        pass


def with_except():
    try:
        return with_except()
    except ZeroDivisionError:
        pass


def gen():
    yield from gen()


def gen_for():
    for x in gen_for():
        yield x


def comprehension():
    return [comprehension() for _ in range(1)]


def with_default(f=lambda: with_default()):
    return f()


def closure(n):
    def inner():
        return closure(n)()

    return inner


def decorated(f):
    return lambda: decorated(f)()


async def coroutine():
    await coroutine()


c = C()
a = []
a.append(a)
b = []
b.append(b)
d = {}
d["d"] = d
ladder = (
    ("plain", plain),
    ("lambda", lambda: (lambda f: f(f))(lambda f: f(f))),
    ("mutual", mutual_a),
    ("arguments", arguments),
    ("try", with_try),
    ("except", with_except),
    ("method", c.method),
    ("repr", lambda: repr(c)),
    ("str", lambda: str(c)),
    ("eq", lambda: c == C()),
    ("lt", lambda: c < 1),
    ("hash", lambda: hash(c)),
    ("getitem", lambda: c[0]),
    ("setitem", lambda: C.__setitem__(c, 0, 1)),
    ("delitem", lambda: C.__delitem__(c, 0)),
    ("len", lambda: len(c)),
    ("bool", lambda: not c),
    ("call", lambda: c()),
    ("iter", lambda: iter(c)),
    ("for", lambda: [x for x in c]),
    ("contains", lambda: 1 in c),
    ("add", lambda: c + 1),
    ("radd", lambda: 1 + c),
    ("neg", lambda: -c),
    ("int", lambda: int(c)),
    ("with", lambda: c.__enter__()),
    ("property", lambda: c.prop),
    ("getattr", lambda: c.anything),
    ("hasattr", lambda: hasattr(c, "anything")),
    ("setattr", lambda: setattr(Setter(), "x", 1)),
    ("delattr", lambda: delattr(Setter(), "x")),
    ("new", New),
    ("init", Init),
    ("next", lambda: next(Next())),
    ("descriptor", lambda: Holder().d),
    ("descriptor set", lambda: setattr(Holder(), "d", 1)),
    ("exception init", lambda: StopSoon()),
    ("generator", lambda: list(gen())),
    ("generator for", lambda: list(gen_for())),
    ("comprehension", comprehension),
    ("default", with_default),
    ("closure", lambda: closure(1)()),
    ("decorated", lambda: decorated(1)()),
    ("coroutine", lambda: coroutine().send(None)),
    ("map", lambda: (lambda f: f(f))(lambda f: list(map(f, [f])))),
    ("filter", lambda: (lambda f: f(f))(lambda f: list(filter(f, [f])))),
    ("sorted", lambda: (lambda f: f(f))(lambda f: sorted([f, f], key=f))),
    ("min", lambda: (lambda f: f(f))(lambda f: min([f, f], key=f))),
    ("sort", lambda: (lambda f: f(f))(lambda f: [f, f].sort(key=f))),
    ("exec", lambda: exec("def f():\n exec('f()', globals())\nf()", {})),
    ("eval", lambda: eval("f()", {"f": lambda: eval("f()", {"f": plain})})),
    ("exec in itself", lambda: exec("s='exec(s)'\nexec(s)", {})),
    ("format", lambda: "{!r}".format(c)),
    ("percent", lambda: "%r" % c),
    ("print", lambda: print(c)),
    ("join", lambda: ",".join(map(repr, [c]))),
    ("list of itself", lambda: repr(a)),
    ("lists of themselves", lambda: a == b),
    ("list less", lambda: a < b),
    ("dict of itself", lambda: repr(d)),
    ("dict equal", lambda: d == {"d": d, "e": 1} or d == {"d": {"d": d}}),
    ("sum", lambda: sum([c, c], c)),
    ("dict key", lambda: {c: 1}),
    ("set", lambda: {c}),
    ("star", lambda: (lambda *x: x)(*c)),
    ("double star", lambda: (lambda **x: x)(**c)),
    ("unpack", lambda: [x for x, y in [c]]),
    ("super", lambda: Sub().m()),
    ("class body", lambda: class_body()),
    ("isinstance", lambda: isinstance(1, (c, c))),
    ("slice", lambda: [1, 2][c:]),
    ("index", lambda: [1, 2][c]),
    ("range", lambda: range(c)),
    ("exit", lambda: with_exit()),
    ("throw", lambda: throw_into()),
    ("yield from chain", lambda: build_chain()),
)


class Base:
    def m(self):
        return self.m()


class Sub(Base):
    def m(self):
        return super().m()


def class_body():
    class X:
        y = class_body()


class Exits:
    def __enter__(self):
        return self

    def __exit__(self, *args):
        with Exits():
            pass


def with_exit():
    with Exits():
        pass


def throw_into():
    def g():
        try:
            yield
        except ValueError:
            h = g()
            next(h)
            h.throw(ValueError)

    h = g()
    next(h)
    h.throw(ValueError)


def build_chain():
    def first():
        yield 1

    def wrap(g):
        yield from g

    g = first()
    for _ in range(20000):
        g = wrap(g)
    return list(g)


for name, f in ladder:
    attempt(name, f)
    gc.collect()
# Having been at the limit changes nothing: the depth is all there again, twice over. On its first way down a function may
# turn hot, and the frames from there on may have another size.
depths = []
for _ in range(3):
    n = 0

    def dive():
        global n
        n += 1
        dive()

    try:
        dive()
    except RuntimeError:
        pass
    depths.append(n)
assert min(depths) > 20 and abs(depths[1] - depths[2]) <= 5, depths


def catch_at_the_bottom(n):
    try:
        return catch_at_the_bottom(n + 1)
    except RuntimeError:
        try:
            return catch_at_the_bottom(n + 1)
        except RuntimeError:
            return n


if sys.implementation.name != "cpython":
    attempt("the bottom", lambda: stop_after())


def stop_after():
    budget = [200]

    def f():
        budget[0] -= 1
        if budget[0] < 0:
            return 0
        try:
            return f()
        except RuntimeError:
            return 1

    return f()
print("survived")
