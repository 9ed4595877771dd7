#! agree: cpython
# Order and identity of what dicts and sets hold; stability of sorting; all as CPython has them.
from collections import OrderedDict

d = {}
for i in range(20):
    d[i * 7 % 20] = i
print(list(d))
for i in range(0, 20, 3):
    del d[i]
print(list(d), len(d))
d[3] = "again"
d[6] = "late"
print(list(d.items())[-3:], next(iter(d)))
while len(d) > 4:
    print(d.popitem(), end=" ")
print(d)
d = {"a": 1, "b": 2}
d["a"] = 3
d.update([("c", 4), ("b", 5)], a=6, d=7)
print(d, d | {"z": 0, "c": 9})
d.pop("a")
d["a"] = 0
print(d, list(d.keys()), list(d.values()))
o = OrderedDict([(3, "c"), (1, "a")])
o[2] = "b"
o[3] = "C"
print(list(o.items()), o.popitem(), o == OrderedDict([(1, "a"), (3, "C")]))
del o[3]
o[3] = 1
print(list(o), o.copy() == o)
print({1: "int", 1.0: "float", True: "bool"}, {0: "z", False: "f", 0.0: "x"}, {2: 1}.get(2.0))
print({1, 1.0, True}, len({(1, 2), (1.0, 2), (True, 2)}), {frozenset([1, 2]): 1}[frozenset([2, 1])])
big = {2**70: "big", -1: "m", -2: "n", 2**64: "w"}
print(big[2**70], big[-1], big[-2])
nan = float("nan")
n = {nan: 1}
print(nan in n, n[nan], float("nan") in n)
d = {i: str(i) for i in range(1000)}
for i in range(0, 1000, 2):
    del d[i]
for i in range(1000, 1500):
    d[i] = i
print(len(d), list(d)[:3], list(d)[-2:], sum(1 for i in range(1500) if i in d))
keys = ["k" + str(i) for i in range(300)]
d = {k: i for i, k in enumerate(keys)}
print(all(d["k" + str(i)] == i for i in range(300)), "k300" in d, list(d) == keys)
d[5] = "mixed"
print(all(d["k" + str(i)] == i for i in range(300)), d[5], 6 in d, len(d))
names = {}
for i in range(50):
    names["n" + str(i % 5)] = i
print(names)
e = d.copy()
e.clear()
print(e, len(d), e == {}, dict.fromkeys("bca", 0))
window = {}
for i in range(5000):
    window[i] = i
    if i >= 10:
        del window[i - 10]
print(list(window) == list(range(4990, 5000)))
stack = {}
for i in range(3000):
    stack[i] = i
    stack[-i - 1] = 0
    stack.popitem()
print(len(stack), stack[2999], -5 in stack)

rows = [(i * 37 % 11, i) for i in range(60)]
print([r[1] for r in sorted(rows, key=lambda r: r[0])])
print([r[1] for r in sorted(rows, key=lambda r: r[0], reverse=True)])
words = ["b", "a", "C", "c", "A", "B"]
print(sorted(words, key=lambda w: {"A": 0, "a": 0, "b": 1, "B": 1}.get(w, 2)))
for n in (0, 1, 2, 31, 64, 200, 1000):
    for shape in (
        [i for i in range(n)],
        [-i for i in range(n)],
        [i * 7919 % 101 for i in range(n)],
        [min(i, n - i) for i in range(n)],
        [i if i % 50 else -i for i in range(n)],
        [str(i * 13 % 89) for i in range(n)],
        [i * 0.5 if i % 3 else i for i in range(n)],
        [(i % 3, -i, str(i)) for i in range(n)],
    ):
        once = sorted(shape)
        if any(once[i] > once[i + 1] for i in range(len(once) - 1)):
            print("not sorted", n)
        if sorted(once) != once or sorted(shape, reverse=True) != once[::-1]:
            print("not stable", n)
        pairs = sorted([(k, i) for i, k in enumerate(shape)], key=lambda p: p[0])
        if any(a[0] == b[0] and a[1] > b[1] for a, b in zip(pairs, pairs[1:])):
            print("not stable with key", n)
print("sorted")
a, b = {1, 2, 3, 4}, {3, 4, 5}
print(a & b, a - b, sorted(a ^ b), sorted(a | b), a.isdisjoint({9}), a >= {1}, {1} < a)
a &= {1, 3, 9}
a ^= {3, 7}
print(sorted(a), a.pop() in (1, 7), len(a))
