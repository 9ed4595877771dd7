# Generators that run themselves, are thrown into while running, closed from inside, and collected half way.


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


def self_next():
    yield next(g)


def self_send():
    yield g.send(1)


def self_throw():
    yield g.throw(ValueError)


def self_close():
    yield g.close()


def self_list():
    yield list(g)


for make in (self_next, self_send, self_throw, self_close, self_list):
    g = make()
    attempt(make.__name__, next, g)
    attempt("again", next, g)
    attempt("close", g.close)


def delegate_to_self():
    yield from g


g = delegate_to_self()
attempt("yield from itself", next, g)


def a():
    yield from h


def b():
    yield from g


g, h = a(), b()
attempt("two yielding from each other", next, g)


def ignores_close():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass


g = ignores_close()
next(g)
attempt("ignores close", g.close)


def raises_on_close():
    try:
        yield 1
    finally:
        raise KeyError


g = raises_on_close()
next(g)
attempt("raises on close", g.close)
attempt("closed", g.close)
attempt("exhausted", next, g)
for args in ((), (1,), (None,), ("x",), (ValueError, 1, 2), (ValueError,), (ValueError(1),), (int,), (GeneratorExit,), (StopIteration,), (KeyboardInterrupt if False else KeyError,)):
    g = ignores_close()
    attempt("throw into fresh", lambda: g.throw(*args))
    g = ignores_close()
    next(g)
    attempt("throw into started", lambda: g.throw(*args))


class Bad:
    def __iter__(self):
        return 5


class BadNext:
    def __iter__(self):
        return self

    def __next__(self):
        raise KeyError


class NoNext:
    def __iter__(self):
        return self


class SelfIter:
    def __iter__(self):
        return iter(self)


def over(x):
    yield from x


for x in (Bad(), BadNext(), NoNext(), 5, None, SelfIter):
    attempt("yield from", lambda: list(over(x)))
    attempt("for", lambda: [y for y in x])
    attempt("list", lambda: list(x))
    attempt("unpack", lambda: (lambda *a: a)(*x))
    attempt("in", lambda: 1 in x)


def stop():
    raise StopIteration(5)
    yield


attempt("StopIteration inside", lambda: list(stop()))
attempt("next of next", lambda: next(iter(lambda: 5, 5)) if False else next(5))
pending = []
for i in range(100):

    def gen(n):
        local = [n] * 10
        try:
            yield local
            yield n
        finally:
            local.append(n)

    g = gen(i)
    assert next(g) == [i] * 10
    pending.append(g)
gc.collect()
for i, g in enumerate(pending):
    assert next(g) == i
pending = None
gc.collect()


def deep(n):
    if n:
        yield from deep(n - 1)
    yield n


assert sum(deep(15)) == 120


def thrower():
    try:
        yield from catcher()
    except ValueError:
        yield "outer"


def catcher():
    try:
        yield 1
    except KeyError:
        raise ValueError


g = thrower()
next(g)
assert g.throw(KeyError) == "outer"
attempt("send non-None to fresh", lambda: over([1]).send(5))
print("survived")
