# `__del__` that raises, revives, or allocates; whether it runs at all is up to the implementation.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

import gc

alive = []


class Raises:
    def __del__(self):
        raise ValueError("in del")


class Revives:
    def __del__(self):
        alive.append(self)


class Allocates:
    def __del__(self):
        self.junk = [[0] * 10 for _ in range(10)]


class Collects:
    def __del__(self):
        gc.collect()


class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        self.me = None


class Stream:
    pass


for kind in (Raises, Revives, Allocates, Collects, Cycle):
    for _ in range(20):
        kind()
    gc.collect()
    for _ in range(200):
        [0] * 50
    gc.collect()


for o in alive:
    assert isinstance(o, Revives)


def generators():
    def g():
        try:
            yield 1
        finally:
            raise ValueError

    for _ in range(20):
        next(g())
    gc.collect()


attempt("generators with a raising finally", generators)
try:
    f = None
    for i in range(50):
        f = open("crash_del.tmp", "w")
        f.write("x")
    f = None
    gc.collect()
except (OSError, NameError):
    print("no files here")
print("survived")
