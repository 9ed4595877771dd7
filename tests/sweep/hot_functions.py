# Functions that become machine code while they run: what fails to be made leaves them as they are.
def loops(n):
    found = []
    for i in range(n):
        if i % 3 == 0:
            found.append(str(i))
    return "".join(found)


def calls(x, y=1, *rest, scale=2):
    return (x + y + len(rest)) * scale


def nested(n):
    table = {}
    for i in range(3):
        for j in range(n):
            table[i, j] = [i] * j
    return sum(len(row) for row in table.values())


def gen(n):
    for i in range(n):
        yield i, [i]


def outer(n):
    kept = [n]

    def inner(k):
        kept.append(k)
        return len(kept)

    for i in range(n):
        last = inner(i)
    return last


try:
    print(loops(30), [calls(i, scale=i) for i in range(9)], calls(1, 2, 3, 4))
    print(nested(9), list(gen(9)), list(gen(3)), list(gen(1)), outer(9), outer(3))
    assert loops(4) == "03" and calls(1) == 4 and outer(30) == 31
except MemoryError:
    print("MemoryError")
