#! agree: upstream
# Tracebacks name the line of each call, of machine code too, from memory as from a file with its lines beside it.
import io, sys


def show(title, function, *args):
    print("==", title)
    try:
        function(*args)
    except BaseException as exc:
        out = io.StringIO()
        sys.print_exception(exc, out)
        for line in out.getvalue().split("\n")[1:-1]:
            print(line.split(", ", 1)[-1])
    else:
        print("nothing raised")


def plain(a, b):
    c = a + b
    if c > 3:
        c = c // (a - b)

    return c % a


show("first", plain, 2, 2)
show("second", plain, 0, 0)
show("none", plain, 1, 2)


def outer(items, n):
    total = 0
    for i in range(n):
        total += inner(items, i)
    return total


def inner(items, i):
    first = items[0]

    return first + items[i]


show("two deep", outer, [1, 2], 5)
show("wrong type", outer, ["a", 2], 2)
show("no items", outer, [], 1)


def recursive(n):
    if n == 0:
        return {}["missing"]
    if n % 2:
        return recursive(n - 1)
    else:
        return 1 + recursive(n - 1)


show("recursive", recursive, 4)
# At other depths the same words of the stack hold other things.
show("less deep", recursive, 1)
show("deeper", recursive, 9)


def through_finally(a):
    try:
        b = 1 // a
    finally:
        print("finally")
    return b


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        print("exit", kind)


def through_with(a):
    with Manager() as m:
        x = 2
        y = x // a
    return y


def through_both(a):
    for i in range(2):
        try:
            with Manager():
                if i:
                    through_with(a)
        finally:
            print("both", i)


show("finally", through_finally, 0)
show("with", through_with, 0)
show("both", through_both, 0)


def other_in_handler(a):
    try:
        1 // a
    except ZeroDivisionError:
        x = [a]
        return x[1]


def again(a):
    try:
        return 1 // a
    except ZeroDivisionError as exc:
        print("again")
        raise exc


def changed(a):
    try:
        1 // a
    except ZeroDivisionError as exc:
        kept = exc
    print("changed")
    raise ValueError("changed")


show("in handler", other_in_handler, 0)
show("again", again, 0)
show("changed", changed, 0)


def numbers(n):
    yield 1
    for i in range(n):
        yield 6 // (2 - i)


def consumer(n):
    total = 0
    for x in numbers(n):
        total += x
    return total


def delegating(n):
    yield 0
    yield from numbers(n)


def by_next(n):
    it = delegating(n)
    a = next(it)
    b = next(it)
    c = next(it)
    return a, b, c, next(it), next(it), next(it)


def thrown():
    it = numbers(1)
    next(it)
    it.throw(KeyError("thrown"))


show("generator", consumer, 5)
show("delegating", by_next, 5)
show("sum", sum, numbers(4))
show("thrown", thrown)


def closure(a):
    b = a + 1

    def inside(c):
        d = b * c
        return d // (b - c)

    return inside


class Account:
    def __init__(self, money):
        if money < 0:
            raise ValueError("money")
        self.money = money

    def take(self, money):
        if money > self.money:
            raise ValueError(
                money)
        self.money -= money

    @property
    def half(self):
        return self.money // (self.money - 4)


def use(money):
    account = Account(money)
    account.take(3)
    return account.half


show("closure", closure(3), 4)
show("__init__", use, -1)
show("method", use, 2)
show("property", use, 7)


def key(x):
    return 10 // x


def sort(items):
    items = list(items)
    return sorted(items, key=key)


show("callback", sort, (3, 0, 1))
show("lambda", sort, map(lambda x: x + None, [1]))


def unbound(n):
    if n > 1:
        x = n
    if n == 0:
        return x
    for y in range(n - 1):
        pass
    z = n
    return y + z


show("unbound", unbound, 0)
show("unbound later", unbound, 1)


def many(a, b=2, *c, d, **e):
    total = a + b
    for f in c:
        total += f
    return total + d // e["e"]


def calls_many(x):
    return many(
        x, 3, 4, 5, d=7, e=x
    )


show("arguments", calls_many, 0)
show("missing", calls_many)
show("too few", lambda: many(1))


def late(n):
    a = b = c = d = e = f = g = h = n
    for i in range(n):
        a, b, c, d, e, f, g, h = b, c, d, e, f, g, h, a + i
        if i == 3:
            a = b + c + d + e + f + g + h

            a = a // (n - n)
    return a


show("late", late, 9)


async def waits(n):
    if n == 0:
        raise OSError(5)
    await waits(n - 1)


def drive(n):
    coroutine = waits(n)
    coroutine.send(None)


show("async", drive, 2)


def first_of_body(n):
    for i in range(n):
        n % (n - i - 1)


def first_of_two(n):
    total = 0
    for i in range(n):
        for k in range(n):
            total += n // (k - i)
        total = 0


def first_of_while(n):
    while n >= 0:
        6 // n
        n -= 1


def first_of_items(items):
    total = 0
    for item in items:
        total = total + 6 // item
    return total


def first_behind(n):
    for i in range(n):
        n += i
    [n][n]


def first_of_words(n):
    k = 1
    for i in range(n):
        k = k // (n - i - 1) + (k << 31)
        k ^= i


for n in (1, 3):
    show("first of body", first_of_body, n)
    show("first of two", first_of_two, n)
    show("first of while", first_of_while, n)
    show("first of items", first_of_items, [n, 0])
    show("first of list", first_of_items, [n, ""])
    show("first behind", first_behind, n)
    show("first of words", first_of_words, n)


def decided(a, b):
    return ((3.5
        - b) / ((a
        % b) if (1 | 2) else (b >> 1)))


def by_turns(n):
    a = 0
    yield a
    for i in range(n):
        if 2**40: a += ((3.5
            - i) / ((n
            % (i + 2)) if (1 | 2) else (i >> 1)))


show("decided", decided, 10, 5)
show("decided twice", decided, 10, 0)
show("by turns", sum, by_turns(4))
