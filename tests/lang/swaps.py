# Swaps and rotations of more locals than a machine has registers: at the ends of loops they are moves in memory.


def swap(n, c, d, e, f, g, h, k):
    a = 1
    b = 2
    for i in range(n):
        a, b = b, a
        c += d
        e ^= f
        g += h
        k -= 1
    return a, b, c, d, e, f, g, h, k


def rotate(n, e, f, g, h, k, m):
    a, b, c, d = 1, 2, 3, 4
    for i in range(n):
        a, b, c, d = b, c, d, a
        e += f
        g += h
        k += m
    return a, b, c, d, e, f, g, h, k, m


def both(n, o):
    a, b, c, d, e, f, g, h = 1, "b", 3, 4.5, (5,), 6, None, 8
    for i in range(n):
        a, b = b, a
        c, d, e = e, c, d
        for j in range(2):
            f, g, h, o = o, f, g, h
        log.append((i, a, c, f))
    return a, b, c, d, e, f, g, h, o


def floats(n, e, f, g, h):
    a, b, c, d = 1.5, 2.5, 3.5, 4.5
    x, y, z = 0.25, 0.5, 0.75
    for i in range(n):
        a, b, c, d = d, a, b, c
        x, y = y, x
        e += z
        f += e
        g += f
        h += x
    return a, b, c, d, x, y, z, e, f, g, h


def handled(n, o):
    a, b, c, d, e = 1, 2, 3, 4, 5
    for i in range(n):
        a, b = b, a
        try:
            c, d, e = d, e, c
            if i == o:
                raise ValueError(i)
        except ValueError as v:
            a, e = e, a
            log.append(v.args)
    return a, b, c, d, e, i


log = []
for n in (0, 1, 2, 3, 7):
    print(swap(n, 3, 4, 5, 6, 7, 8, 9))
    print(rotate(n, 5, 6, 7, 8, 9, 10))
    print(both(n, "o"))
    print(floats(n, 0.0, 0.0, 0.0, 0.0))
    print(handled(n + 1, 2))
print(swap(300, 3, 4, 5, 6, 7, 8, 9))
print(floats(301, 0.0, 0.0, 0.0, 0.0)[:7])
print(log)
