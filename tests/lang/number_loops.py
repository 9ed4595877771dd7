#! agree: cpython
# Loops over numbers: what is as expected, and what turns out not to be in the middle of it.
import sys

inf = float("inf")
nan = float("nan")


def newton(x, a):
    for _ in range(20):
        x = 0.5 * (x + a / x)
    return x


print(newton(1.0, 2), newton(1, 2), newton(2.0, 2.0))


def divide(n, by):
    total = 0.0
    last = None
    try:
        total, last = inner(n, by)
    except ZeroDivisionError as e:
        print("caught", type(e).__name__)
    return total, last


def inner(n, by):
    total = 0.5
    i = -1
    for i in range(n):
        total = total + i / (by - i)
        if total > 1e6:
            break
    return total, i


print(divide(5, 7.0), divide(5, 3.0), divide(5, 3), divide(0, 3))


def mixed(values):
    s = 0.0
    n = 0
    for v in values:
        s = s * 0.5 + v
        n += 1
    return s, n


class Odd:
    def __init__(self, v):
        self.v = v

    def __add__(self, other):
        return ("add", self.v, other)

    def __radd__(self, other):
        return Odd(self.v + other)

    def __rmul__(self, other):
        return self.v * other

    def __mul__(self, other):
        return self.v * other


print(mixed([1, 2.5, True, 3]), mixed([1 << 70, -1.0]), mixed([inf, -inf, 1]), mixed([nan, 1]))
try:
    print(mixed([1.0, "x", 2]))
except TypeError as e:
    print("TypeError")
print(mixed([1.0, Odd(3), 2.0]))
print(mixed([1.0, 2j, 3.0]))


def overflow(n):
    x = 1
    y = 0.25
    for i in range(n):
        x = x * 3 + i
        y = y + x
    return x, y


print(overflow(10), overflow(45), overflow(100))


def orders(a, b):
    out = []
    for x in (0.0, -0.0, 1.5, inf, -inf, nan):
        x = x + 0.0
        for k in range(2):
            out.append((x < a, x <= a, x > a, x >= a, x == a, x != a))
            if not x < a:
                out.append(k)
            if x != b:
                out.append(-k)
            if x:
                out.append(7)
            if not x:
                out.append(8)
            y = x and 3
            z = x or 4.0
            out.append((y, z, -x, +x))
    return out


print(orders(1, nan))
print(orders(1.5, None))
print(orders(-0.0, "s") == orders(0, "s"))


def signs(n):
    z = -0.0
    out = []
    for i in range(n):
        z = z * 1.0
        out.append(str(z))
        z = -z
        out.append(str(0.0 - z))
    return out


print(signs(2))


def swaps(n):
    a, b, c = 1.0, 2, 3.5
    for i in range(n):
        a, b, c = b, c, a + b
    return a, b, c


print(swaps(4), swaps(7))


def closure(n):
    total = 0.5
    out = []
    for i in range(n):
        x = total * 2.0
        out.append(lambda: (x, i))
        total += x
    return [f() for f in out], total


print(closure(3))


def unbound(n):
    for i in range(n):
        if i == 2:
            print(late * 2.0)
        if i == n - 1:
            late = 1.5
    return i


try:
    print(unbound(4))
except NameError as e:
    print("NameError")
print(unbound(2))


def deleted(n):
    x = 1.5
    for i in range(n):
        x = x * 2.0
        if i == 1:
            del x
    return i


try:
    deleted(4)
except NameError as e:
    print("NameError")


def gen(n):
    x = 0.5
    for i in range(n):
        x = x * 1.5 + i
        yield x


print(list(gen(4)))


def nested(n, m):
    total = 0
    for i in range(n):
        row = 0.0
        j = 0
        while j < m:
            row = row + i * j * 0.5
            j += 1
            if row > 20:
                break
        else:
            total += 1
        total = total + row
    return total


print(nested(4, 5), nested(7, 3), nested(0, 0), nested(3, 2.5))


def late_type(n, turn):
    x = 0.5
    for i in range(n):
        if i == turn:
            x = "text"
        if i > turn:
            return x + "s"
        x = x if i == turn else x + 1
    return x


print(late_type(4, 9), late_type(4, 1), late_type(2, 1))


def big_range(a, b):
    s = 0.0
    n = 0
    for i in range(a, b):
        s = s + 1.5
        n = n + i
    return s, n


# Where small ints end.
END = 1 << (62 if sys.maxsize > 1 << 32 else 30)
for s, n in (big_range(-3, 3), big_range(END, END + 3), big_range(END - 2, END - 1)):
    print(s, n if n < 0 else n % END - (n % END > 9) * END)


def remainders(n):
    x = 10.5
    out = []
    for i in range(1, n):
        x = x % i + 7.25
        y = x // 2
        out.append((x, y, 7 // i, -7 % i, i / 4))
    return out


print(remainders(5))


def shifts(n):
    x = 1
    y = 0
    for i in range(n):
        x = x << 9
        y = y ^ (x >> 3) | i
    return x, y


print(shifts(3), shifts(12))


def handled(n):
    x = 0.5
    log = []
    for i in range(n):
        try:
            x = x * 2.0
            if i == 2:
                x = x / (i - 2)
            x += 1
        except ZeroDivisionError:
            log.append(("e", x, i))
        finally:
            log.append((x, i))
    return log


print(handled(4))


def outer_handler(n):
    x = 0.5
    i = 0
    try:
        while True:
            x = x * 2.0
            i = i + 1
            x = x / (n - i)
    except ZeroDivisionError:
        return x, i


print(outer_handler(3), outer_handler(1.0))


def calls(n, f):
    x = 1.0
    y = 0.0
    for i in range(n):
        y = f(x, y)
        x = x + y * 0.5
    return x, y


print(calls(3, lambda a, b: a - b), calls(3, lambda a, b: 2), calls(2, lambda a, b: 1 << 65))


def items(n):
    a = [1.5, 2, 3.25, 1 << 64]
    x = 0.0
    for i in range(n):
        a[i & 3] = x + a[i & 3] * 0.5
        x = x + 1
    return a, x


print(items(9))


def truth(n):
    out = 0
    x = -2.0
    while x:
        x += 0.5
        out += 1
        if out > n:
            return "long"
    return out, x


print(truth(10), truth(2))


def same(n):
    x = 1.5
    for i in range(n):
        x = x + 1.0
        y = x
        if not x is y:
            return "others"
    return y


print(same(3))


def early(n):
    x = 1.5
    k = 0
    for i in range(n):
        x = x * 1.5
        k += 2
        if x > 5.0:
            return x, k, i
        if k > 40:
            raise ValueError(x)
    return None


print(early(2), early(10))


def steps(a, b, c):
    out = []
    total = 0
    for i in range(a, b, c):
        total += i * 3
        if total & 1:
            out.append(i)
    return out, total


print(steps(0, 9, 2), steps(9, 0, -2), steps(1, 4, 1), steps(5, 5, 7))
print(steps(True, 4, True))
for out, total in (steps(END - 9, END - 1, 3), steps(END - 5, END + 5, 3)):
    total %= END
    print([i - END for i in out], total - (total > 99) * END)
try:
    print(steps(0, 5, 0))
except ValueError:
    print("ValueError")


def step_of_two_loops(n):
    seen = bytearray(n)
    count = 0
    x = 0.5
    for i in range(2, n):
        if not seen[i]:
            count += 1
            for j in range(i * i, n, i):
                seen[j] = 1
                x = x + j
                if x > 1e3:
                    x = x - 1e3
                    continue
                count += 0
    return count, x


print(step_of_two_loops(50))


def range_leaves(n, at, what):
    x = 1
    out = []
    for i in range(0, n, 1 + (n > 100)):
        if i == at:
            x = what
        x = x + i
        for k in range(i, n, 2):
            x = x + k
        out.append(x)
    return out


print(range_leaves(5, 9, 0), range_leaves(5, 2, 0.5), range_leaves(4, 1, 1 << 62), range_leaves(3, 2, 1 << 90))


def other_range(range, step):
    total = 0
    for i in range(1, 5, step):
        total += i
    for i in range(1, 5, step):
        total += i * 2
    return total


print(other_range(range, 1), other_range(lambda *a: a, 1), other_range(lambda *a: [2.5, 1 << 70], 1))


def changed_range(n):
    total = 0
    for i in range(n, n + 4, n):
        for i in range(i, 9, i):
            total += i
        i += 100
        total += i
    return total, i


print(changed_range(1), changed_range(3))
