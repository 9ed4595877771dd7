# Every built-in that calls back, with a callback that changes what is being worked on.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)


def put(to, i, value):
    to[i] = value


def add_to(to, value):
    to += value

import gc

SIZE = 30


class Agent:
    """Does something to its target whenever it is asked anything."""

    def __init__(self, target, how, v=0):
        self.target, self.how, self.v = target, how, v

    def act(self):
        self.how(self.target)

    def __eq__(self, other):
        self.act()
        return False

    def __lt__(self, other):
        self.act()
        return id(self) < id(other)

    __gt__ = __le__ = __ge__ = __lt__

    def __hash__(self):
        self.act()
        return 3

    def __bool__(self):
        self.act()
        return True

    def __len__(self):
        self.act()
        return 2

    def __iter__(self):
        self.act()
        return iter([self.v, self.v])

    def __repr__(self):
        self.act()
        return "agent"

    __str__ = __repr__

    def __add__(self, other):
        self.act()
        return self

    __radd__ = __mul__ = __rmul__ = __and__ = __or__ = __sub__ = __mod__ = __floordiv__ = __add__

    def __iadd__(self, other):
        self.act()
        return self

    def __index__(self):
        self.act()
        return 1

    __int__ = __index__

    def __float__(self):
        self.act()
        return 1.0

    def __call__(self, *args):
        self.act()
        return 0

    def __getitem__(self, i):
        self.act()
        if isinstance(i, int) and i > 3:
            raise IndexError
        return 1

    def __contains__(self, x):
        self.act()
        return False

    def __getattr__(self, name):
        if name in ("target", "how", "v"):
            raise AttributeError(name)
        self.act()
        return self

    def __enter__(self):
        self.act()
        return self

    def __exit__(self, *args):
        self.act()
        return True

    def keys(self):
        self.act()
        return ["a", "b"]

    def __abs__(self):
        self.act()
        return 1

    def __round__(self, *args):
        self.act()
        return 1

    def __neg__(self):
        self.act()
        return 1


def clear(t):
    t.clear()


def grow(t):
    if len(t) > 3000:
        return
    if isinstance(t, list):
        t.extend([0] * SIZE)
    elif isinstance(t, dict):
        for i in range(SIZE):
            t[len(t)] = i
    else:
        for i in range(SIZE):
            t.add(len(t) + 1000)


def shrink(t):
    if not t:
        return
    if isinstance(t, dict):
        t.popitem()
    else:
        t.pop()


def churn(t):
    gc.collect()
    return [bytearray(20) for _ in range(20)]


def boom(t):
    raise ValueError


def nothing(t):
    pass


def agents(how):
    a = []
    a.extend(Agent(a, how, i) for i in range(SIZE))
    return a


USES = (
    ("sum", lambda a: sum(a)),
    ("sum start", lambda a: sum(a, a[0])),
    ("min", lambda a: min(a)),
    ("max", lambda a: max(a)),
    ("min key", lambda a: min(a, key=a[0])),
    ("sorted", lambda a: sorted(a)),
    ("sort", lambda a: a.sort()),
    ("sort reverse", lambda a: a.sort(reverse=True)),
    ("sort key", lambda a: a.sort(key=a[0])),
    ("any", lambda a: any(a)),
    ("all", lambda a: all(a)),
    ("map", lambda a: list(map(a[0], a))),
    ("map two", lambda a: list(map(a[0], a, a))),
    ("filter", lambda a: list(filter(a[0], a))),
    ("filter none", lambda a: list(filter(None, a))),
    ("zip", lambda a: list(zip(*a))),
    ("enumerate", lambda a: [repr(x) for i, x in enumerate(a)]),
    ("reversed", lambda a: [repr(x) for x in reversed(a)]),
    ("in", lambda a: 5 in a),
    ("index", lambda a: a.index(5)),
    ("count", lambda a: a.count(5)),
    ("remove", lambda a: a.remove(5)),
    ("eq", lambda a: a == list(range(SIZE))),
    ("lt", lambda a: a < list(range(SIZE))),
    ("repr", lambda a: repr(a)),
    ("str", lambda a: str(a)),
    ("print", lambda a: print(a)),
    ("join", lambda a: ",".join(str(x) for x in a)),
    ("join raw", lambda a: ",".join(a)),
    ("format", lambda a: "{} {} {!r}".format(*a)),
    ("percent", lambda a: "%s %r %d" % (a[0], a[1], a[2])),
    ("percent list", lambda a: "%s" % a),
    ("set", lambda a: set(a)),
    ("dict", lambda a: dict.fromkeys(a)),
    ("dict pairs", lambda a: dict(a)),
    ("tuple", lambda a: tuple(map(repr, a))),
    ("extend", lambda a: a.extend(map(repr, a[:]))),
    ("iadd", lambda a: add_to(a, (repr(x) for x in a[:]))),
    ("bytes", lambda a: bytes(a)),
    ("bytearray", lambda a: bytearray(a)),
    ("star", lambda a: (lambda *x: repr(x))(*a)),
    ("double star", lambda a: (lambda **x: x)(**a[0])),
    ("slice", lambda a: a[a[0] : a[1]]),
    ("item", lambda a: a[a[0]]),
    ("store", lambda a: put(a, a[0], 5)),
    ("times", lambda a: a * a[0]),
    ("insert", lambda a: a.insert(a[0], 1)),
    ("pop", lambda a: a.pop(a[0])),
    ("range", lambda a: range(a[0], a[1])),
    ("int", lambda a: int(a[0])),
    ("float", lambda a: float(a[0])),
    ("abs", lambda a: abs(a[0])),
    ("chr", lambda a: chr(a[0])),
    ("divmod", lambda a: divmod(a[0], a[1])),
    ("pow", lambda a: pow(a[0], a[1])),
    ("round", lambda a: round(a[0])),
    ("len", lambda a: len(a[0])),
    ("iter", lambda a: list(a[0])),
    ("unpack", lambda a: [p + q for p, q in a]),
    ("getattr", lambda a: a[0].something),
    ("hasattr", lambda a: hasattr(a[0], "something")),
    ("isinstance", lambda a: isinstance(a[0], (int, str))),
    ("with", lambda a: enter(a[0])),
    ("contains", lambda a: 5 in a[0]),
    ("for item", lambda a: [x for x in a[0]]),
    ("comprehension", lambda a: [x + 1 for x in a]),
    ("slice store", lambda a: put(a, slice(0, 5), a[0])),
    ("chained", lambda a: a[0] < a[1] < a[2]),
    ("condition", lambda a: [x for x in a if x]),
    ("and", lambda a: a[0] and a[1] or a[2]),
    ("raise", lambda a: throw(a[0])),
    ("except", lambda a: catch(a[0])),
    ("exec", lambda a: exec("x + x", {"x": a[0]})),
    ("eval dict", lambda a: eval("x", a[0])),
    ("str of", lambda a: str(a[0])),
    ("next", lambda a: next(a[0])),
    ("hash", lambda a: hash(a[0])),
    ("tuple hash", lambda a: hash((a[0], a[1]))),
    ("tuple eq", lambda a: tuple(a) == tuple(range(SIZE))),
    ("to_bytes", lambda a: (5).to_bytes(a[0], "big")),
    ("split", lambda a: "a b".split(" ", a[0])),
    ("find", lambda a: "abc".find("c", a[0])),
    ("type", lambda a: type("T", (), {"x": a[0]})),
    ("setattr", lambda a: setattr(a[0], "zzz", a[1])),
    ("dir", lambda a: dir(a[0])),
    ("deque", lambda a: __import__("collections").deque(a, 10)),
    ("array", lambda a: __import__("array").array("i", a)),
    ("struct", lambda a: __import__("struct").pack("ii", a[0], a[1])),
    ("math", lambda a: __import__("math").sqrt(a[0])),
    ("namedtuple", lambda a: __import__("collections").namedtuple("T", ["a", "b"])(*a)),
    ("json", lambda a: __import__("json").dumps(a)),
)


def enter(x):
    with x:
        raise KeyError


def throw(x):
    raise x


def catch(x):
    try:
        raise KeyError
    except x:
        pass


for action, how in (("clear", clear), ("grow", grow), ("shrink", shrink), ("churn", churn), ("boom", boom), ("nothing", nothing)):
    for name, use in USES:
        a = agents(nothing)
        for x in a:
            x.how = how
        try:
            use(a)
        except Exception as e:
            if isinstance(e, (AssertionError, NameError)):
                raise
        for x in a:
            assert x is None or isinstance(x, (Agent, int, str)), x
for action, how in (("clear", clear), ("grow", grow), ("shrink", shrink), ("churn", churn), ("boom", boom)):
    for name, use in (
        ("items", lambda d: [repr(v) for k, v in d.items()]),
        ("values", lambda d: [repr(v) for v in d.values()]),
        ("keys", lambda d: [repr(d.get(k)) for k in d]),
        ("repr", lambda d: repr(d)),
        ("eq", lambda d: d == dict(d)),
        ("update", lambda d: d.update(d[0])),
        ("sorted", lambda d: sorted(d, key=lambda k: repr(d.get(k)))),
        ("sum", lambda d: sum(d.values())),
        ("list", lambda d: list(map(repr, d.values()))),
        ("copy", lambda d: repr(d.copy())),
        ("or", lambda d: repr(d | d)),
        ("max", lambda d: max(d.values())),
        ("kwargs", lambda d: (lambda **k: k)(**d)),
        ("in", lambda d: 5 in d.values()),
        ("format", lambda d: "%(a)s" % d),
        ("fromkeys", lambda d: dict.fromkeys(d.values())),
    ):
        d = {}
        for i in range(SIZE):
            d[i] = Agent(d, nothing, i)
        for i in range(SIZE):
            d[i].how = how
        try:
            use(d)
        except Exception as e:
            if isinstance(e, (AssertionError, NameError)):
                raise
        assert len(list(d)) == len(d)
    s = set(range(SIZE))
    try:
        for x in s:
            how(s)
            if len(s) > 2000:
                break
    except Exception:
        pass
    assert len(list(s)) == len(s)
print("survived")
