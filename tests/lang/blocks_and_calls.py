#! agree: cpython upstream
# Calls inside try and with: the callee's frame must leave the caller's open blocks alone, however large it is.
def unwind(n):
    try:
        if n == 0:
            raise ValueError("bottom")
        return unwind(n - 1)
    finally:
        trail.append(n)


def large(a, b, c, d, e, f, g, h):
    i, j, k, l, m, n, o, p = h, g, f, e, d, c, b, a
    return (a + i) * (b + j) + (c + k) * (d + l) + (e + m) * (f + n) + (g + o) * (h + p)


def in_blocks():
    total = 0
    try:
        try:
            total += large(1, 2, 3, 4, 5, 6, 7, 8)
            try:
                total += large(*range(8)) + large(**{name: 1 for name in "abcdefgh"})
            finally:
                total += (lambda x, *y, **z: x + sum(y) + len(z))(1, 2, 3, four=4)
                total += Thing(5).value
            raise KeyError("k")
        except KeyError as error:
            total += large(8, 7, 6, 5, 4, 3, 2, 1)
            log.append(error.args)
            raise IndexError("i")
    except IndexError as error:
        log.append(error.args)
    return total


class Thing:
    def __init__(self, value):
        a, b, c, d, e, f = range(6)
        self.value = value + large(a, b, c, d, e, f, 6, 7)

    def __enter__(self):
        return large(1, 1, 1, 1, 1, 1, 1, self.value)

    def __exit__(self, *details):
        large(*range(8))
        return True


def closures(n):
    def inner(a, b=2, *c):
        x, y, z = a + n, b + n, len(c) + n
        if a == 3:
            raise ValueError(x, y, z)
        return x * y * z

    out = []
    for i in range(5):
        try:
            out.append(inner(i, i, i, i))
        except ValueError as error:
            out.append(error.args)
        finally:
            out.append(inner(1))
    return out


log = []
for depth in (0, 1, 2, 3, 10, 30):
    trail = []
    try:
        unwind(depth)
    except ValueError as error:
        print(depth, error, trail)
print(in_blocks(), log)
with Thing(3) as entered:
    print(entered, large(*[1] * 8))
    raise KeyError
print(closures(4))
