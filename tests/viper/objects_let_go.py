# Variables that hold objects may be set to None, compared with it, and deleted; `except … as` lets its own go.
import micropython


@micropython.viper
def caught(fun, x) -> int:
    n = 0
    try:
        fun(x)
    except ValueError as e:
        print("value", e)
        n += 1
    except (TypeError, KeyError) as e:
        print("type or key", e)
        n += 2
    else:
        n += 4
    return n


def raises(x):
    if x is not None:
        raise x


for x in (ValueError("v"), TypeError("t"), KeyError("k"), None):
    print(caught(raises, x))


@micropython.viper
def behind(fun, x):
    try:
        fun(x)
    except Exception as e:
        print("in", e)
    return e


for x in (ValueError("v"), None):
    try:
        print(behind(raises, x))
    except NameError:
        print("NameError")


@micropython.viper
def in_loop(things, n: int) -> int:
    found = 0
    for i in range(n):
        try:
            raise things[i]
        except ValueError as e:
            if int(len(e.args)) == 1:
                continue
            found += 1
        except OSError as e:
            found += 10
            break
        finally:
            found += 100
    return found


print(in_loop([ValueError(1), ValueError(1, 2), OSError(5), ValueError(3)], 4))


@micropython.viper
def reused(n: int):
    seen = []
    x = "first"
    for i in range(n):
        if i == 1:
            x = None
        elif i == 2:
            del x
        elif i == 3:
            x = "again"
        try:
            seen.append(x)
        except NameError:
            seen.append("unbound")
    return seen


print(reused(5))


@micropython.viper
def parameter(x):
    y = x
    x = None
    if x is None and x == None and not x is not None:
        x = [y]
    del y
    try:
        y
    except NameError:
        return x


print(parameter(7))


@micropython.viper
def deleted_in_try(fails: bool):
    x = "kept"
    try:
        del x
        if fails:
            raise OSError
        x = "new"
    except OSError:
        pass
    return x


print(deleted_in_try(False))
try:
    print(deleted_in_try(True))
except NameError:
    print("NameError")


@micropython.viper
def shared(x):
    def get():
        return x

    first = get()
    x = None
    second = get()
    del x
    try:
        get()
    except NameError:
        return first, second


print(shared(3))


@micropython.viper
def compared(x, n: int) -> int:
    r = 0
    if x is None:
        r += 1
    if x is not None:
        r += 2
    if x == None:
        r += 4
    if None != x:
        r += 8
    while x is not None and n > 0:
        n -= 1
        if n == 3:
            x = None
        r += 100
    return r


for x in (None, 0, "", compared):
    print(compared(x, 5))


@micropython.viper
def optional(text=None, n: int = 2):
    if text is None:
        text = "default"
    return text, n


print(optional(), optional("given", 3))


@micropython.viper
def added(x):
    return x + None


try:
    added(1)
except TypeError as e:
    print(e)
