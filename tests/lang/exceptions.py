#! agree: cpython upstream
# Raising, catching, cleaning up: every path out of try, with, for and while.
log = []


def path(kind):
    for i in range(2):
        try:
            try:
                if kind == "return":
                    return "returned"
                if kind == "break":
                    break
                if kind == "continue":
                    continue
                if kind == "raise":
                    raise KeyError(kind)
                if kind == "value":
                    raise ValueError(1)
            except ValueError as e:
                log.append(("caught", e.args))
                raise RuntimeError("again")
            else:
                log.append("else")
            finally:
                log.append(("inner", i))
        finally:
            log.append(("outer", i))
    else:
        return "for-else"
    return "end"


for kind in ("none", "return", "break", "continue", "raise", "value"):
    try:
        print(kind, path(kind))
    except Exception as e:
        print(kind, type(e).__name__, e.args)
print(log)


def override():
    try:
        return "try"
    finally:
        return "finally"


def swallow():
    while True:
        try:
            1 / 0
        finally:
            break
    return "swallowed"


def nested(n):
    try:
        if n == 0:
            raise ValueError("deep")
        nested(n - 1)
    except ValueError as e:
        if n < 3:
            raise
        return "level %d: %s" % (n, e)
    return "below"


print(override(), swallow(), nested(5))


class Manager:
    def __init__(self, name, suppress=False):
        self.name, self.suppress = name, suppress

    def __enter__(self):
        print("enter", self.name)
        return self.name

    def __exit__(self, kind, value, traceback):
        print("exit", self.name, kind.__name__ if kind else None, value)
        return self.suppress


with Manager("a") as a, Manager("b", True) as b:
    print(a, b)
    raise IndexError("in body")
try:
    with Manager("c"):
        with Manager("d"):
            raise LookupError(5)
except LookupError as e:
    print("caught", e.args[0])


def leave(how):
    for i in range(2):
        with Manager("w%d" % i):
            if how == "return":
                return i
            if how == "break":
                break
            continue
    return how


print(leave("return"), leave("break"), leave("go on"))
for exc in (Exception, ValueError("v"), KeyError("k", 2), StopIteration(3), MemoryError(2, "x"), ZeroDivisionError):
    try:
        raise exc
    except (KeyError, IndexError) as e:
        print("lookup", e.args)
    except ArithmeticError as e:
        print("arithmetic", type(e).__name__)
    except StopIteration as e:
        print("stop", e.value)
    except Exception as e:
        print("other", type(e).__name__, e.args)
for bad in (lambda: exec("raise 1"), lambda: exec("raise 'text'")):
    try:
        bad()
    except TypeError:
        print("TypeError")
try:
    try:
        raise ValueError("first")
    except ValueError:
        raise KeyError("second")
except KeyError as e:
    print(e.args)
try:
    assert 1 == 2, "message"
except AssertionError as e:
    print("assert", e.args)
try:
    raise
except RuntimeError:
    print("nothing to re-raise")
print(issubclass(KeyError, LookupError), issubclass(ZeroDivisionError, ArithmeticError), issubclass(StopIteration, Exception), issubclass(KeyboardInterrupt, Exception), issubclass(NotImplementedError, RuntimeError))


# The block behind the first try begins the second: the counter outlives both.
def taken(items, count):
    total = 0
    for _ in range(count):
        try:
            pass
        except:
            pass
        else:
            try:
                item = items.pop()
                total += item
            except IndexError as e:
                total += 100
    return total


print(taken([1, 2, 3, 4, 5], 4), taken([1, 2], 4))
