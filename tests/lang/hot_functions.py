#! agree: upstream
# Functions without a decorator: with -X emit=native they begin as bytecode, become machine code between two calls, and
# go on as machine code in the middle of a loop.
import io, sys

N = 6000


def sums(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total


def down(n):
    seen = 0
    for i in range(n, 0, -3):
        seen += i
    return seen, i


def waits(n):
    k = 0
    while n:
        n -= 1
        if n % 3:
            continue
        k += 1
        if k == 1999:
            break
    else:
        k = -k
    return k, n


def items(seq):
    out = [0, None]
    for item in seq:
        out[0] += 1
        out[1] = item
    return out


def nested(n):
    count = 0
    for a in range(n // 100):
        for b in (1, 2, 3):
            for c in range(30):
                if c > b:
                    count += 1
        first = a
    return count, first


def pairs(n):
    both = {}
    for i, word in enumerate(["a", "b", "c"] * n):
        both[word] = both.get(word, 0) + i
    return sorted(both.items())


def numbers(n):
    x = 0.5
    for i in range(n):
        x = x * 0.99 + i * 0.25
    return "%.3f" % x


print(sums(N), sums(3), down(N), waits(N), waits(2 * N))
print(items(list(range(N))), items(tuple(range(N))), items(range(N)), items("ab" * N), items({1: 2}))
print(items(x for x in range(N)), items(bytes(N)), nested(N), pairs(N), numbers(N))


# The frame that is taken over has cells, unbound locals, values on the stack.
def cells(n):
    total = 0

    def add(k):
        nonlocal total
        total += k

    for i in range(n):
        add(i & 1)
    return total


def unbound(n, late):
    for i in range(n):
        if i == n - 2 and late:
            x = i
    return x


def on_stack(n):
    return [1, 2, [sum([j for j in range(i & 3)]) for i in range(n)][-3:], "end"]


def starred(*args, scale=2, **named):
    total = 0
    for i in range(N):
        total += args[i % len(args)] * scale
    return total, sorted(named)


def deleted(n):
    big = [1, 2, 3]
    for i in range(n):
        if i == 5000:
            del big
    try:
        return big
    except NameError:
        return "NameError"


print(cells(N), unbound(N, True), on_stack(N), starred(1, 2, other=3, scale=5), deleted(N))
try:
    unbound(N, False)
except NameError:
    print("unbound")


# Exceptions leave it, and arrive in it.
def fails(n):
    for i in range(n):
        if i == n - 1:
            raise ValueError(i)


def fails_within(n):
    kinds = {}
    for i in range(n):
        try:
            if i % 1000 == 999:
                raise KeyError(i)
            kinds[2000 if i % 2000 == 1 else "all"]
        except (KeyError, IndexError) as e:
            name = type(e).__name__
            kinds[name] = kinds.get(name, 0) + 1
        finally:
            kinds["all"] = kinds.get("all", 0) + 1
    return sorted(kinds.items())


class Manager:
    def __init__(self):
        self.entered = self.left = 0

    def __enter__(self):
        self.entered += 1
        return self

    def __exit__(self, kind, value, trace):
        self.left += 1
        return kind is ValueError


def within_with(n):
    manager = Manager()
    for i in range(n):
        with manager as m:
            if i & 1:
                raise ValueError
    return manager.entered, manager.left, m is manager


def loop_in_with(n):
    with Manager() as manager:
        for i in range(n):
            manager.entered += 1
    return manager.entered, manager.left


def loop_in_handler(n):
    try:
        raise KeyError(n)
    except KeyError as e:
        total = e.args[0]
        for i in range(n):
            total += 1
        return total


def returns_in_finally(n):
    for i in range(n):
        try:
            if i == n - 1:
                return "inner"
        finally:
            if i == n - 1:
                return "outer"


for _ in range(3):
    try:
        fails(N)
    except ValueError as e:
        shown = io.StringIO()
        sys.print_exception(e, shown)
        # What comes from standard input has another name.
        print(shown.getvalue().replace("<stdin>", "hot_functions.py"), end="")
print(fails_within(N), within_with(N), loop_in_with(N), loop_in_handler(N), returns_in_finally(N))


# Calls of all kinds, before and after.
class Counter:
    steps = 0

    def __init__(self, start=5):
        self.n = start

    def step(self, by=1, *, twice=False):
        self.n += by * (2 if twice else 1)
        return self

    @property
    def value(self):
        return self.n

    @value.setter
    def value(self, n):
        self.n = n

    @staticmethod
    def double(x):
        return x * 2

    @classmethod
    def make(cls, n):
        cls.steps += 1
        return cls(n)

    def __add__(self, other):
        return Counter(self.n + other)

    def __getitem__(self, i):
        return i + self.n


class Child(Counter):
    def step(self, by=1, **named):
        return super().step(by, **named)


def make_adder(k):
    def adder(x, y=1):
        return x + y + k

    return adder


def fact(n):
    return 1 if n < 2 else n * fact(n - 1)


def key(x):
    return -x


def gen(n, step=1):
    for i in range(0, n, step):
        got = yield i
        if got:
            yield got


def delegates(n):
    yield from gen(n)
    return n


counter = Child()
total = 0
for i in range(N):
    counter.step().step(2, twice=True)
    counter.value = counter.value - 3
    total += Counter.double(i) + Counter.make(i).value + (Counter() + i)[1]
    total += make_adder(i)(1) + make_adder(2)(i, y=3) + fact(i % 5)
    total += sorted([i, 3, 5], key=key)[0] + sum(map(lambda x: x + 1, (1, 2))) + sum(gen(3)) + sum(delegates(3))
print(counter.n, total, Counter.steps)
early, late = gen(3), [gen(5, step=2) for _ in range(4)]
print(next(early), early.send(7), [next(g) for g in late], type(early) is type(late[-1]))
print(isinstance(early, type(gen(1))), isinstance(fact, type(lambda: 0)), type(fact) is type(sums) is type(key))
print(fact.__name__, gen.__name__)


# Bodies of modules and classes run once, but may be long.
class Table:
    squares = []
    for i in range(N):
        squares.append(i * i)
    last = i


whole = 0
while whole < N:
    whole += 1
print(len(Table.squares), Table.last, whole)
