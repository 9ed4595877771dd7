# Which exception is being handled, and what tracebacks show, through handlers, functions and generators.
import io
import sys


def now():
    e = sys.exc_info()[1]
    return None if e is None else e.args[0]


def trace(e):
    s = io.StringIO()
    sys.print_exception(e, s)
    for line in s.getvalue().split("\n"):
        if line.startswith("  File"):
            print(line[line.index("line") :])


def fails(n):
    raise ValueError(n)


def nested():
    seen = [now()]
    try:
        fails(1)
    except ValueError:
        seen.append(now())
        try:
            fails(2)
        except ValueError:
            seen.append(now())
        seen.append(now())
        try:
            seen.append(now())
        finally:
            seen.append(now())
    seen.append(now())
    return seen


def leaves():
    seen = []
    for i in range(3):
        try:
            fails(i)
        except ValueError:
            seen.append(now())
            if i == 1:
                continue
        seen.append(now())
    while True:
        try:
            fails(9)
        except ValueError:
            break
    seen.append(now())
    return seen


def outer():
    try:
        fails("out")
    except ValueError:
        return nested(), now()


def last():
    try:
        try:
            fails("in")
        finally:
            seen = now()
    except ValueError as e:
        trace(e)
        return seen, now()


class Manager:
    def __enter__(self):
        return now()

    def __exit__(self, kind, e, tb):
        print("exit", now())
        return True


def managed():
    with Manager() as m:
        fails("with")
    return m, now()


def yields():
    try:
        fails("gen")
    except ValueError:
        yield now()
        yield now()
    try:
        yield now()
    except KeyError as e:
        trace(e)
        yield now()
    yield now()


def again():
    try:
        fails("again")
    except ValueError:
        raise


def deep(n):
    if n:
        return deep(n - 1)
    return [][n]


print(nested(), now())
print(leaves(), now())
print(outer(), now())
print(last(), now())
print(managed(), now())
g = yields()
print(next(g), next(g), next(g), g.throw(KeyError("k")), next(g), now())
for f in (again, lambda: deep(2), lambda: sorted([1, 2], key=deep), lambda: [fails(x) for x in "a"]):
    try:
        f()
    except Exception as e:
        trace(e)
        print("-")
