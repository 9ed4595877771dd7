# Functions, closures, generators, exceptions, context managers.
def gen(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                yield got
    finally:
        print("closed")


g = gen(3)
print(next(g), g.send("sent"), next(g))
g.close()


def outer(*args, **kw):
    total = 0

    def inner(x):
        nonlocal total
        total += x
        return total

    return [inner(x) for x in args], sorted(kw.items())


print(outer(1, 2, 3, a=1, b=2))


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return kind is KeyError


for error in (KeyError("k"), ValueError("v", 1), ZeroDivisionError()):
    try:
        with Manager():
            raise error
    except ValueError as e:
        print("value", e.args)
    except Exception as e:
        print(type(e).__name__)
    else:
        print("none")
    finally:
        print("finally")


def delegate():
    result = yield from gen(2)
    return result


print(list(delegate()), sum(x * x for x in range(5)), max(map(len, ["a", "bbb"])), list(filter(None, [0, 1])))


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


print(deep(20))
exec("x = [i for i in range(3)]\nprint(x)")
print(eval("1 + 2 * 3"))
