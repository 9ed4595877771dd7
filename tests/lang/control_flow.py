#! agree: cpython upstream
# Loops, conditions, chained comparisons, walrus, large and odd shapes of code.
out = []
for i in range(10):
    if i % 2:
        continue
    if i > 6:
        break
    out.append(i)
else:
    out.append("never")
for i in ():
    pass
else:
    out.append("empty")
n = 0
while n < 5:
    n += 1
    if n == 3:
        continue
else:
    out.append(("while-else", n))
print(out, i if out else None)
print([1 < 2 < 3, 1 < 3 < 2, 1 == 1.0 == True, 3 > 2 > 1 != 0, 1 < 2 > 1, not 1 < 2 < 0])
print(1 and 2, 0 and 2, 1 or 2, 0 or 2, not 0, 0 or "" or None, 1 and "" and 3, (1 if 0 else 2), (1 if [] else 2 if () else 3))
if (m := 10) > 5:
    print(m, (k := m + 1), k, [y := 1, y + 1], [last := v for v in range(4)][-1], last)
for i in range(3):
    for j in range(3):
        if j == 2:
            break
        if i == 1:
            continue
        print(i, j, end=" ")
    else:
        print("unbroken", end=" ")
print()
for i in range(3):
    i = i * 10
    print(i, end=",")
print()
for x in range(5, -5, -3):
    print(x, end=" ")
for a, (b, c) in [(1, (2, 3)), (4, (5, 6))]:
    print(a, b, c, end=";")
print()
data = [5, 2, 8]
for data[0] in range(3):
    pass
print(data)


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


print([collatz(n) for n in range(1, 20)], collatz(27))


def big(x):
    r = 0
    if x == 0: r = 1
    elif x == 1: r = 2
    elif x == 2: r = 3
    elif x == 3: r = 4
    else: r = 5
    while r < 100:
        r += r if r % 3 else 1
        if r % 7 == 0: break
    return r


print([big(x) for x in range(6)])
source = "def huge(x):\n" + "".join("    if x == %d:\n        x += %d\n" % (i, i * 2 + 1) for i in range(300)) + "    return x\n"
space = {}
exec(source, space)
print([space["huge"](x) for x in (0, 1, 5, 299, 1000)])
print(eval("1 + 2 * 3"), eval("[x * 2 for x in range(3)]"), eval("a + b", {"a": 1, "b": 2}))
exec("y = 5\nz = y * 2", space)
print(space["y"], space["z"])
for bad in ("1 +", "def", "x = = 1", "(1", "for", "a b", "'open", "return 5", "break", "1 = x", "def f(a, a): pass", "if 1:\nx"):
    try:
        exec(bad)
        print("accepted", bad)
    except SyntaxError:
        print("SyntaxError", repr(bad))
sieve = [True] * 100
for i in range(2, 10):
    if sieve[i]:
        for j in range(i * i, 100, i):
            sieve[j] = False
print([i for i in range(2, 100) if sieve[i]])
x = 5; x += 1; x -= 2; x *= 10; x //= 3; x **= 2; x %= 100; x <<= 2; x >>= 1; x |= 1; x &= 0xFF; x ^= 3
print(x)
