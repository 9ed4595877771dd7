# Exceptions through frames of machine code and bytecode in turn.
log = []


def attempt(f, *args):
    try:
        return "ok", f(*args)
    except Exception as e:
        return type(e).__name__, e.args


@micropython.bytecode
def middle(f, n):
    try:
        return f(n)
    finally:
        log.append(n)


def outer(n):
    if n == 0:
        raise ValueError("deep", n)
    try:
        return middle(outer, n - 1)
    except KeyError:
        return "never"


print(attempt(outer, 6), log)
log.clear()


def handle(what):
    try:
        try:
            if what == 1:
                [][1]
            elif what == 2:
                {}["k"]
            elif what == 3:
                1 // 0
            elif what == 4:
                raise StopIteration(7)
            elif what == 5:
                return "returned"
            elif what == 6:
                nothing
            elif what == 7:
                None.x
            elif what == 8:
                "a" + 1
            elif what == 9:
                raise TypeError
            log.append("fell through")
        except (IndexError, KeyError) as e:
            log.append(repr(e))
            return "handled"
        except ZeroDivisionError:
            raise RuntimeError("from handler")
        else:
            log.append("else")
        finally:
            log.append("finally")
    except RuntimeError as e:
        return "outer " + str(e)
    return "end"


for i in range(10):
    print(i, attempt(handle, i), log)
    log.clear()


def loops():
    out = []
    for i in range(6):
        try:
            if i == 1:
                continue
            if i == 4:
                break
            out.append(i)
        finally:
            out.append(-i)
    else:
        out.append("not broken")
    return out


print(loops())


class Guard:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        log.append("in")
        return self

    def __exit__(self, ty, value, tb):
        log.append(("out", ty and ty.__name__))
        return self.swallow


def guarded(swallow, fail):
    with Guard(swallow) as g:
        with Guard(False):
            if fail:
                raise OSError(5)
            return g.swallow
    return "after"


for case in ((0, 0), (0, 1), (1, 0), (1, 1)):
    print(case, attempt(guarded, *case), log)
    log.clear()


class Loud:
    def __getattr__(self, name):
        raise AttributeError("no " + name)

    def __add__(self, other):
        raise NotImplementedError("add")

    def __bool__(self):
        raise ValueError("truth")

    def __len__(self):
        raise ValueError("length")

    def __iter__(self):
        raise ValueError("iter")

    def __getitem__(self, i):
        raise LookupError(i)

    def __setitem__(self, i, v):
        raise LookupError(i, v)

    def __delitem__(self, i):
        raise LookupError("del", i)

    def __contains__(self, i):
        raise ValueError("contains")

    def __eq__(self, other):
        raise ValueError("eq")

    def __call__(self, *a, **k):
        raise ValueError(a, k)


def poke(which):
    x = Loud()
    if which == 0:
        return x.attribute
    if which == 1:
        return x + 1
    if which == 2:
        return 1 if x else 0
    if which == 3:
        return [y for y in x]
    if which == 4:
        return x[3]
    if which == 5:
        x[3] = 4
    if which == 6:
        del x[3]
    if which == 7:
        return 1 in x
    if which == 8:
        return x == 1
    if which == 9:
        return x(1, 2, k=3)
    if which == 10:
        a, b = x
    if which == 11:
        return x(*[1, 2], **{"z": 9})
    if which == 12:
        a, *b = 5
    if which == 13:
        a, b = 1, 2, 3
    if which == 14:
        (a, b), c = [(1,), 2]
    if which == 15:
        import no_such_module
    if which == 16:
        from sys import no_such_name


for i in range(17):
    print(i, attempt(poke, i))


def chain():
    total = 0
    for i in range(500):
        try:
            outer(i % 5)
        except ValueError as e:
            total += e.args[1] + 1
    return total


print(chain(), len(log))
log.clear()


def bottomless(n):
    return bottomless(n + 1) + 1


def bottom(f):
    try:
        f(0)
    except RuntimeError as e:
        return str(e)


@micropython.bytecode
def via(n):
    return mixed(n)


def mixed(n):
    return via(n + 1) + 1


print(bottom(bottomless), bottom(mixed), bottom(bottomless))


def reraise():
    try:
        try:
            raise KeyError("first")
        except KeyError as e:
            kept = e
            raise e
    except KeyError as e:
        return kept is e


print(reraise())


def rebound():
    state = "before"
    try:
        state = "changed"
        outer(0)
        state = "not reached"
    except ValueError:
        return state


print(rebound())


def sorting():
    calls = []

    def key(x):
        calls.append(x)
        if x == 3:
            raise IndexError("key")
        return -x

    try:
        sorted([1, 2, 3, 4], key=key)
    except IndexError as e:
        return str(e), len(calls)


print(sorting(), sorted([3, 1, 2], key=lambda x: -x), list(map(lambda x: x * 2, [1, 2])))
