#! agree: cpython upstream
# Functions, generators and callbacks that run while other globals are current: whose names they see, and what
# tracebacks say of them.
import sys

try:
    import io
except ImportError:
    import uio as io

who = "here"
log = []


def show(e):
    if not hasattr(sys, "print_exception"):
        return
    out = io.StringIO()
    sys.print_exception(e, out)
    lines = out.getvalue().split("\n")
    # One entry for each call: the same place twice is one too many.
    names = [line.split()[-1] for line in lines if " in " in line]
    for first, second in zip(names, names[1:]):
        assert first != second, names


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        show(e)
        return type(e).__name__


def leaf():
    return who


def through(f):
    a = f()
    return who + " " + str(a) + " " + who


def later(f):
    x = f()
    return x


def fails():
    return 1 // 0


def missing():
    return nobody


def guarded(f):
    try:
        a = f()
    except Exception as e:
        a = type(e).__name__
    return who + " " + str(a)


def final(f):
    try:
        return f()
    finally:
        log.append(who)


def set_name():
    global who
    who = "changed"
    return who


def reset():
    global who
    who = "here"


def outer(f):
    def inner():
        return who, f(), who

    return inner


def gen(f):
    yield who
    try:
        yield f()
    except Exception as e:
        yield type(e).__name__
    yield who


def delegates(f):
    yield who
    yield from gen(f)
    got = yield who
    yield got, who


def names():
    global who
    who = "by generator"
    yield who
    who = "here"
    yield who


class Walks:
    def __init__(self, f):
        self.f = f

    def __iter__(self):
        yield who
        yield self.f()

    def __getattr__(self, name):
        return who + "." + name

    def __call__(self):
        return who, self.f()

    def __enter__(self):
        return who

    def __exit__(self, *args):
        log.append(who)
        return True


SOURCE = """
who = "there"

def there():
    return who

def sends(g):
    a = [next(g), next(g), next(g), next(g), next(g), g.send(who)]
    return a, who

def throws(g):
    next(g)
    next(g)
    try:
        return g.throw(ValueError(who)), who
    except ValueError as e:
        return "out", str(e), who

def within(w):
    with w as x:
        raise ValueError(x)
    return who, x

def nested():
    for x in gen(there):
        yield who, x
    yield from delegates(lambda: who)

for f in (there, leaf, fails, missing, set_name, outer(there), outer(leaf), Walks(there), lambda: who):
    for g in (through, later, guarded, final):
        print(attempt(g, f), who)
        try:
            print(g(f), who)
        except Exception as e:
            show(e)
            print(type(e).__name__, who)
        reset()
    print(attempt(lambda: list(gen(f))), who)
    reset()
    print(attempt(lambda: list(delegates(f))), who)
    reset()
    print(attempt(lambda: list(Walks(f))), who)
    reset()
print(sends(delegates(there)), sends(delegates(leaf)))
print(throws(gen(there)), throws(delegates(there)))
print(list(names()), who, leaf())
print(Walks(there).some, within(Walks(there)))
print(list(nested()), list(map(lambda x: (x, who, leaf()), gen(leaf))))
print(sorted([3, 1, 2], key=lambda x: -x if leaf() == "here" else x), log)
"""
found = {
    "attempt": attempt,
    "show": show,
    "leaf": leaf,
    "through": through,
    "later": later,
    "fails": fails,
    "missing": missing,
    "guarded": guarded,
    "final": final,
    "set_name": set_name,
    "reset": reset,
    "outer": outer,
    "gen": gen,
    "delegates": delegates,
    "names": names,
    "Walks": Walks,
    "log": log,
}
exec(SOURCE, found)
print(who, len(log))
