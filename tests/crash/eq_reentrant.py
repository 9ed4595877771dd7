# Equality and hashing that change the container which asks.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)



class Key:
    target = None
    how = None
    depth = 0

    def __init__(self, v):
        self.v = v

    def __hash__(self):
        return 7

    def __eq__(self, other):
        if Key.how and Key.depth < 3:
            Key.depth += 1
            try:
                Key.how(Key.target)
            finally:
                Key.depth -= 1
        return isinstance(other, Key) and self.v == other.v


def quiet(f, *args):
    how, Key.how = Key.how, None
    try:
        return f(*args)
    finally:
        Key.how = how


def grow(d):
    quiet(lambda: store(d))


def store(d):
    for i in range(40):
        d[Key(1000 + i)] = i


def drop(d):
    quiet(d.clear)


def one(d):
    def pop():
        if d:
            d.popitem()

    quiet(pop)


def boom(d):
    raise ValueError


ACTIONS = (("grow", grow), ("clear", drop), ("popitem", one), ("raise", boom))


def fresh():
    Key.how = None
    d = {}
    for i in range(20):
        d[Key(i)] = i
    return d


def check(d):
    Key.how = None
    n = 0
    for k in d:
        assert isinstance(k, Key)
        n += 1
    assert n == len(d), (n, len(d))


def lookup(d, k):
    return d[k]


def assign(d, k):
    d[k] = 1


def delete(d, k):
    del d[k]


OPERATIONS = (
    ("get", lookup),
    ("set", assign),
    ("del", delete),
    ("in", lambda d, k: k in d),
    ("pop", lambda d, k: d.pop(k, None)),
    ("setdefault", lambda d, k: d.setdefault(k, 5)),
    ("update", lambda d, k: d.update({Key(3): 1, Key(99): 2})),
    ("equal", lambda d, k: d == dict([(Key(i), i) for i in range(20)])),
    ("copy", lambda d, k: d.copy()),
    ("list", lambda d, k: list(d)),
)
for action, how in ACTIONS:
    for operation, f in OPERATIONS:
        d = fresh()
        Key.target, Key.how = d, how
        attempt("dict %s %s" % (operation, action), f, d, Key(19))
        check(d)
        d = fresh()
        Key.target, Key.how = d, how
        attempt("dict %s %s missing" % (operation, action), f, d, Key(-1))
        check(d)


def fresh_set():
    Key.how = None
    return set([Key(i) for i in range(20)])


def sgrow(s):
    def add():
        for i in range(40):
            s.add(Key(1000 + i))

    quiet(add)


def spop(s):
    def pop():
        if s:
            s.pop()

    quiet(pop)


for action, how in (("grow", sgrow), ("clear", drop), ("pop", spop), ("raise", boom)):
    for operation, f in (
        ("add", lambda s, k: s.add(k)),
        ("discard", lambda s, k: s.discard(k)),
        ("remove", lambda s, k: s.remove(k)),
        ("in", lambda s, k: k in s),
        ("union", lambda s, k: s | set([k, Key(3)])),
        ("intersection", lambda s, k: s & set([k, Key(3)])),
        ("difference", lambda s, k: s - set([k, Key(3)])),
        ("symmetric", lambda s, k: s ^ set([k, Key(3)])),
        ("update", lambda s, k: s.update([k, Key(3), Key(77)])),
        ("equal", lambda s, k: s == set([Key(i) for i in range(20)])),
        ("subset", lambda s, k: s <= set([Key(i) for i in range(20)])),
        ("inplace", lambda s, k: s.intersection_update([k])),
        ("isdisjoint", lambda s, k: s.isdisjoint([k])),
    ):
        s = fresh_set()
        Key.target, Key.how = s, how
        attempt("set %s %s" % (operation, action), f, s, Key(19))
        check(s)


def lgrow(a):
    if len(a) < 2000:
        a.extend([0] * 30)


for action, how in (("grow", lgrow), ("clear", lambda a: a.clear()), ("pop", lambda a: a and a.pop()), ("raise", boom)):
    for operation, f in (
        ("in", lambda a, k: k in a),
        ("index", lambda a, k: a.index(k)),
        ("count", lambda a, k: a.count(k)),
        ("remove", lambda a, k: a.remove(k)),
        ("equal", lambda a, k: a == [Key(i) for i in range(20)]),
        ("less", lambda a, k: a < [Key(i) for i in range(20)]),
        ("self", lambda a, k: a == a[:]),
    ):
        Key.how = None
        a = [Key(i) for i in range(20)]
        Key.target, Key.how = a, how
        attempt("list %s %s" % (operation, action), f, a, Key(19))
Key.how = None


class BadHash:
    def __init__(self, v):
        self.v = v

    def __hash__(self):
        return self.v


for v in (1.5, "x", None, 2**100, -(2**100), -1, 2**62, True):
    attempt("hash %r" % (v,), lambda: {BadHash(v): 1})


class HashMutates:
    def __init__(self, d):
        self.d = d

    def __hash__(self):
        self.d.clear()
        self.d[1] = 1
        return 1

    def __eq__(self, other):
        return False


d = {i: i for i in range(50)}
attempt("hash clears", lambda: d.get(HashMutates(d)))
attempt("hash clears on set", assign, d, HashMutates(d))


class Chameleon:
    n = 0

    def __hash__(self):
        Chameleon.n += 1
        return Chameleon.n

    def __eq__(self, other):
        return self is other


d = {}
keys = [Chameleon() for _ in range(50)]
for k in keys:
    d[k] = 1
for k in keys:
    d.pop(k, None)
assert len(d) == len(list(d))
print("survived")
