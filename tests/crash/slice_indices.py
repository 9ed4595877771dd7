# Subscripts and slice bounds of every wrong kind.


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


class Index:
    def __init__(self, v):
        self.v = v

    def __index__(self):
        return self.v


class Raises:
    def __index__(self):
        raise KeyError


class Getter:
    def __getitem__(self, i):
        return i


s = Getter()[1:10:2]
for bound in (5, -1, 0, 1.5, "x", None, 2**70, -(2**70), [], Index(3), Index("x"), Raises()):
    attempt("indices", lambda: s.indices(bound))
    for seq in ([1, 2, 3], (1, 2, 3), "abc", b"abc", bytearray(b"abc"), range(3), memoryview(b"abc")):
        name = type(seq).__name__
        attempt(name + " item", lambda: seq[bound])
        attempt(name + " from", lambda: seq[bound:])
        attempt(name + " to", lambda: seq[:bound])
        attempt(name + " step", lambda: seq[::bound])
    a = [1, 2, 3]

    def store():
        a[bound] = 1

    def store_slice():
        a[bound:] = [4, 5]

    def store_step():
        a[::bound] = [4, 5]

    def delete():
        del a[bound]

    def delete_slice():
        del a[bound:]

    def delete_step():
        del a[::bound]

    for f in (store, store_slice, store_step, delete, delete_slice, delete_step):
        attempt("list store", f)
    a = bytearray(b"abc")
    for f in (store, store_slice, store_step, delete, delete_slice, delete_step):
        attempt("bytearray store", f)
attempt("indices of indices", lambda: Getter()[:: Index(2)].indices(10))
attempt("zero step", lambda: Getter()[::0].indices(10))
attempt("slice as key", lambda: {Getter()[1:2]: 1})
attempt("slice of float", lambda: Getter()[1.5:2.5].indices(5))
attempt("assign a list to its own slice", lambda: (lambda a: put(a, slice(1, 2), a))([1, 2, 3]))
a = [1, 2, 3]
a[1:2] = a
assert a == [1, 1, 2, 3, 3], a
a[:0] = a
assert len(a) == 10
print("survived")
