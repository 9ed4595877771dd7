#! agree: cpython
# Loops that run often enough to become regions, with everything that may happen to one then.
from array import array


def types_change(n):
    out = []
    x = 1
    for i in range(n):
        if i == n - 3:
            x = 1.5
        if i == n - 2:
            x = 1 << 70
        if i == n - 1:
            x = True
        out.append(x + i * 2 - (i & 3))
    return out[-5:], sum(out[:-5])


print(types_change(300))


def overflow(n):
    x = 1
    y = -1
    for i in range(n):
        x = x * 3 + 1
        y = y * 5 - x
    return x, y, x >> 60, y >> 90, x & 0xFFFF, y | 1, x ^ y, -x // 7, x % 1000


print(overflow(200))


def near_the_edge():
    out = []
    i = 0
    k = (1 << 62) - 100
    while i < 200:
        k += 1
        if k == 1 << 62 or k - 1 == 1 << 62:
            out.append(k)
        i += 1
    return k, out


print(near_the_edge())


def shifts(n):
    acc = 0
    for i in range(n):
        acc += (1 << (i % 70)) >> (i % 5)
        acc ^= (-i) >> 3
        acc -= i << 2
    return acc


print(shifts(250))


def divisions(n):
    acc = []
    for i in range(-n, n):
        if i == 0:
            continue
        acc.append((100 // i, 100 % i, i // 7, i % 7, -i // 7, -i % 7, i / 4))
    return acc[:3], acc[-3:], sum(a[0] * 3 + a[1] - a[2] for a in acc)


print(divisions(150))


def by_zero(n):
    caught = 0
    i = n
    while i > -n:
        try:
            i -= 1
            100 // i
            100 % i
        except ZeroDivisionError:
            caught += 1
    return caught


print(by_zero(100))


def items(n):
    lst = [0] * n
    data = bytearray(n)
    ints = array("i", [0] * n)
    words = array("I", [0] * n)
    halves = array("h", [0] * n)
    floats = array("d", [0.0] * n)
    table = {}
    for i in range(n):
        lst[i] = i * 3
        data[i] = i & 0xFF
        ints[i] = -i
        words[i] = i + 4000000000
        halves[i] = i - 100
        floats[i] = i / 2
        table[i] = lst[i]
    total = 0
    for seq in (lst, data, ints, words, halves, floats, table, tuple(lst), bytes(data), range(n)):
        for i in range(n):
            total += seq[i]
    for i in range(-n, 0):
        total += lst[i] - data[i] + ints[i]
        lst[i] += 1
        data[i] = 255 - data[i]
    for i in range(n):
        lst[i] += data[i]
        words[i] -= 1
        table[i] *= 2
    return total, lst[:5], lst[-3:], bytes(data[:4]), sum(words), sum(table.values())


print(items(200))


def out_of_range(seq, n):
    got = 0
    try:
        for i in range(n):
            got += seq[i]
    except IndexError:
        return "IndexError", got, i
    return got


for seq in ([1] * 90, bytearray(b"x" * 80), array("i", [2] * 70), (3,) * 60):
    print(out_of_range(seq, 100))


def store_out_of_range(seq, n):
    try:
        for i in range(n):
            seq[i] = 7
    except IndexError:
        return "IndexError", i, sum(seq)


for seq in ([1] * 90, bytearray(b"x" * 80), array("i", [2] * 70)):
    print(store_out_of_range(seq, 100))


def one_loop(seqs):
    total = 0
    for seq in seqs:
        for i in range(len(seq)):
            total = total + seq[i] if seq[i] is not None else total
    return total


print(one_loop([[1, 2, 3] * 30, bytearray(50), (4, None) * 40, array("I", [5] * 99), {0: 9}]))


def unbound(n, when):
    try:
        for i in range(n):
            if i > 5:
                total = total + 1 if i != when else 0
            if i == 5:
                total = 0
            if i == when:
                del total
    except NameError:
        return "NameError", i
    return total


print(unbound(200, 150), unbound(200, 300), unbound(100, 4))


def late(n):
    for i in range(n):
        if i == 180:
            found = i
        if i > 190:
            i += found
    return i, found


print(late(200))


def swaps(n):
    a, b, c = 1, 2, 3
    for i in range(n):
        a, b = b, a
        a, b, c = c, a, b
        x = y = a - b
        if x:
            b, c = c, b
        a += y
    return a, b, c


print(swaps(100))


def values(n):
    out = []
    for i in range(n):
        out.append((i and 5) or (i % 2 or "even"))
        out.append(None if i < 3 else i if i % 3 else -i)
        out.append(1 < i < 7)
        out.append(not i)
        out.append(i is None)
        out.append(i in (1, 2, 3))
        out.append("x" if not (i > 3 and i < 10 or i == 50) else "y")
    return out[:14], out[-7:], len(out)


print(values(90))


def nested(n):
    count = 0
    for i in range(n):
        for j in range(i):
            if j == 5:
                continue
            if j > 20:
                break
            count += i ^ j
        else:
            count += 1000
        k = 0
        while True:
            k += 1
            if k > 3:
                break
        for j in range(10, 0, -3):
            count += j
        for j in range(0, i, 7):
            count -= j
        i = 5
    return count, i, j, k


print(nested(60))


def blocks(n):
    log = []
    for i in range(n):
        try:
            if i % 30 == 7:
                raise ValueError(i)
            if i % 30 == 8:
                continue
            if i == 85:
                break
        except ValueError as e:
            log.append(e.args[0])
        finally:
            log.append(-1 if i % 10 else -2)
    return len(log), sum(log), i


print(blocks(100))


def closures(n):
    total = 0
    step = 1

    def bump(by):
        nonlocal total, step
        total += by * step
        step = -step

    for i in range(n):
        bump(i)
        total += step
        step += 2
    return total, step


print(closures(150))

LEVEL = 1


def raise_level():
    global LEVEL
    LEVEL += 1


def globals_change(n):
    seen = 0
    for i in range(n):
        if i % 50 == 49:
            raise_level()
        seen += LEVEL
        seen += abs(-1) + len("ab") + max(i, 3)
    return seen


print(globals_change(200))


class Box:
    limit = 10

    def __init__(self):
        self.value = 0
        self.log = []

    @property
    def double(self):
        return self.value * 2

    def add(self, by):
        self.value += by
        return self.value

    def __add__(self, other):
        return self.value + other

    def __lt__(self, other):
        return self.value < other

    def __getitem__(self, i):
        return i * 2

    def __setitem__(self, i, value):
        self.log.append((i, value))

    def __bool__(self):
        return self.value < 150


def instances(n):
    box = Box()
    total = 0
    for i in range(n):
        box.value += 1
        total += box.double + box.limit + box.add(2)
        total += box + i
        total += box[i]
        box[i] = total & 7
        if box < 50:
            total += 1
        if box:
            total += 3
        if i == 100:
            box.limit = 20
        if i == 120:
            Box.double = property(lambda self: -self.value)
    return total, box.value, len(box.log), box.log[-1]


print(instances(200))


def iterations(n):
    total = 0
    for rounds in range(3):
        for x in [1, 2, 3] * n:
            total += x
        for x in (4, 5) * n:
            total -= x
        for k, v in {i: i * i for i in range(n)}.items():
            total += k ^ v
        for i, x in enumerate("ab" * n):
            total += i if x == "a" else -1
        for a, b in zip(range(n), [7] * n):
            total += a * b
        for x in (y * 2 for y in range(n)):
            total ^= x
        for c in b"bytes" * n:
            total += c
        for a, (b, c) in [(1, (2, 3))] * n:
            total += a * b * c
        total += sum([i * 2 for i in range(n) if i % 3])
        total += len({i % 7 for i in range(n)})
    return total


print(iterations(80))


def grows_while_iterated(n):
    lst = [0]
    count = 0
    for x in lst:
        count += x
        if len(lst) < n:
            lst.append(x + 1)
    while lst:
        count += lst.pop()
    return count


print(grows_while_iterated(150))


def generator(n):
    total = 0
    for i in range(n):
        total += i
        if i % 40 == 0:
            got = yield total
            if got:
                total += got


g = generator(200)
print(next(g), [g.send(1000) for _ in range(3)], list(g))


def wrong_items(n):
    for i in range(n):
        try:
            x = [1, 2][i]
        except IndexError:
            x = -1
    a, b = 0, 0
    try:
        for i in range(n):
            a, b = (i, 1) if i < n - 1 else (1, 2, 3)
    except ValueError:
        return a, b, x


print(wrong_items(100))


def slices(n):
    text = "abcdefghij" * 3
    out = []
    for i in range(n):
        out.append(text[i % 5 : i % 20] + text[-1] + text[i % 30])
    return out[7], out[-1], len("".join(out))


print(slices(77))


def long_constants(n):
    h = 0xCBF29CE484222325
    x = 0
    for i in range(n):
        h = ((h ^ i) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
        x = (x * 6364136223846793005 + 1442695040888963407) & 0x7FFFFFFFFFFFFFFF
        if x > 0x6000000000000000:
            h ^= 1
    return h, x


print(long_constants(100))


def recurse(n):
    total = 0
    for i in range(70):
        total += i
        if i == 60 and n:
            total += recurse(n - 1)
    return total


print(recurse(10))
print([sum(i * j for j in range(100)) for i in range(70)][-1])


def many(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q):
    r = s = t = 0
    while r < 100:
        s += q * r + p
        t = s - t
        r += 1
        if s < -t or not r:
            q = r
    return r, s, t


print(many(*range(17)))


def deep_expression(n):
    x = 0
    for i in range(n):
        x = (((i + 1) * (i + 2) - (i - (3 - (4 - (i & 5))))) ^ ((i << 1) | (i >> 1))) + (x & 0xFF)
        y = [i, [i + 1, (i, x)], {"a": x}]
        x += y[1][1][0] + y[2]["a"]
    return x


print(deep_expression(120))


def swapped_with_a_cell(a, b):
    for _ in range(101):
        a, b = b, a

    def captured():
        return b

    return a, b, captured()


print(swapped_with_a_cell(1, 2))


# A loop in a `finally` is come to with other values on the stack when an exception is on its way.
def cleaned(n, bad):
    total = 0
    for i in range(n):
        try:
            assert i != bad
            continue
        finally:
            for j in range(1, 9, 3):
                total += 1
    return total


def cleaned_at(n, bad, log):
    for i in range(n):
        try:
            if i == bad:
                raise KeyError(i)
            if i == bad + 200:
                return "returned"
        finally:
            for j in range(1, 9, 3):
                log[j] += i
    return "done"


print(cleaned(500, -1))
try:
    print(cleaned(500, 200))
except AssertionError:
    print("raised")
print(cleaned(500, -1))
log = [0] * 9
for bad in (250, -150, 400, 299, 99, -1):
    try:
        print(cleaned_at(300, bad, log), log)
    except KeyError as error:
        print("KeyError", error, log)
