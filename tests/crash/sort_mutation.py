# A list that its own sort's key or comparison changes.


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


def with_key(change):
    a = [5, 3, 8, 1, 9, 2] * 20

    def key(x):
        change(a)
        return x

    a.sort(key=key)
    for x in a:
        assert x in (5, 3, 8, 1, 9, 2, 77), x
    return a


for name, change in (
    ("append", lambda a: a.append(77)),
    ("pop", lambda a: a and a.pop()),
    ("clear", lambda a: a.clear()),
    ("extend", lambda a: a.extend([77] * 50) if len(a) < 5000 else None),
    ("slice", lambda a: put(a, slice(0, 2), [77])),
    ("reverse", lambda a: a.reverse()),
    ("sort", lambda a: a.sort()),
    ("insert", lambda a: a.insert(0, 77) if len(a) < 5000 else None),
    ("rebuild", lambda a: (a.clear(), a.extend([77] * 200))),
):
    attempt("key " + name, with_key, change)


class Item:
    target = None
    how = None

    def __init__(self, v):
        self.v = v

    def __lt__(self, other):
        Item.how(Item.target)
        return self.v < other.v


def raise_it(a):
    raise ValueError


def with_compare(how):
    a = [Item((i * 37) % 101) for i in range(100)]
    Item.target, Item.how = a, how
    a.sort()
    for x in a:
        assert isinstance(x, Item)
    return a


for name, how in (
    ("append", lambda a: a.append(Item(0)) if len(a) < 3000 else None),
    ("pop", lambda a: a and a.pop()),
    ("clear", lambda a: a.clear()),
    ("reverse", lambda a: a.reverse()),
    ("raise", raise_it),
    ("assign", lambda a: a and put(a, 0, Item(5))),
    ("churn", lambda a: [[0] * 10 for _ in range(10)]),
):
    attempt("compare " + name, with_compare, how)


def raising_in_the_middle():
    n = [0]

    def key(x):
        n[0] += 1
        if n[0] == 50:
            raise ValueError
        return x

    a = list(range(100))
    try:
        a.sort(key=key)
    except ValueError:
        pass
    assert len(a) == 0 or sorted(a) == list(range(100)), a


attempt("raise in key", raising_in_the_middle)


class Liar:
    n = 0

    def __lt__(self, other):
        Liar.n = (Liar.n * 1103515245 + 12345) % 2**31
        return bool(Liar.n & 4096)


def inconsistent():
    a = [Liar() for _ in range(300)]
    ids = sorted(id(x) for x in a)
    a.sort()
    assert sorted(id(x) for x in a) == ids, "the sort lost items"


attempt("inconsistent comparison", inconsistent)
attempt("sorted of itself", lambda: sorted([3, 1, 2], key=lambda x: sorted([x, 1], key=lambda y: -y)))
attempt("incomparable", lambda: [1, "a", None, 2.0].sort())
attempt("nan", lambda: [float("nan"), 1.0, float("nan"), 0.0].sort())
print("survived")
