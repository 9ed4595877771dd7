#! agree: cpython upstream
# Lists, tuples, dicts, sets: methods, slices, order of evaluation, comparison.
a = [3, 1, 4, 1, 5, 9, 2, 6]
b = a[:]
b.sort()
print(a, b, sorted(a, reverse=True), sorted(a, key=lambda x: -x), a.index(4), a.count(1), max(a), min(a), sum(a), len(a))
b.append(10); b.insert(0, -1); b.extend((7, 8)); print(b, b.pop(), b.pop(0), b)
b.remove(1); b.reverse(); print(b, b[::2], b[-3:], b[5:2:-1], b[100:], b[:0])
b[2:4] = [20, 30, 40]; print(b); del b[1:3]; print(b); del b[-1]; print(b)
b += [1]; b *= 2; print(b, b == list(b), b is b[:], [1, 2] < [1, 3], [1] < [1, 0], [] == [])
c = [[0] * 3 for _ in range(2)]; c[0][1] = 5; print(c)
b.clear(); print(b, not b)
t = (1, "x", (2, 3)); print(t, t + (4,), t * 2, t[1:], t[-1][0], (1,), (), t == (1, "x", (2, 3)), hash(t) == hash((1, "x", (2, 3))), (1, 2) < (1, 2, 0))
d = {"one": 1, 2: "two", (3, 4): [5]}
print(d["one"], d[2], d[(3, 4)], d.get("no"), d.get("no", 0), "one" in d, len(d), sorted(str(k) for k in d))
d["new"] = 0; d.update({"one": 11}); d.setdefault("s", []).append(1); print(d["one"], d["s"], d.pop("new"), d.pop("gone", "dflt"), sorted(map(str, d.values())))
del d[2]; print(sorted(map(str, d.items())), {1: 2} == {1: 2}, {1: 2} == {1: 3}, dict([(1, 2)]), dict(x=1), dict({"a": 1}, b=2) == {"a": 1, "b": 2})
squares = {i: i * i for i in range(100)}
for i in range(0, 100, 3):
    del squares[i]
print(len(squares), sum(squares), sum(squares.values()), 3 in squares, squares[98])
print({1: "int"}[True], {0.0: "f"}[0], {"a" + "b": 1}["ab"], {None: 1}[None], {(): 2}[()])
s = {1, 2, 3}; r = {2, 3, 4}
print(sorted(s | r), sorted(s & r), sorted(s - r), sorted(s ^ r), s < r, {2, 3} <= s, s == {3, 2, 1}, 1 in s, len(s), sorted(frozenset("hello")))
s.add(9); s.discard(1); s.discard(77); s.remove(2); print(sorted(s), sorted(s.union([7])), s.isdisjoint({5}), s.issubset({3, 9, 10}), s.issuperset({3}))
s |= {5}; s &= {5, 9}; print(sorted(s), sorted(x * x for x in s), bool(set()))
print({frozenset([1, 2]): "fs"}[frozenset([2, 1])], sorted({x % 3 for x in range(10)}))
first, *rest = [1, 2, 3]; *init, last = "abc"; x, (y, z) = 1, (2, 3); print(first, rest, init, last, x, y, z)
i = 0; a = [0, 0, 0]; i, a[i] = 1, 9; print(i, a)
print(list(range(10, 0, -3)), range(5)[2], range(10)[2:8:2][1], len(range(0, 10, 3)), 4 in range(0, 10, 2), 5 in range(0, 10, 2))
print(list(zip([1, 2, 3], "ab")), list(enumerate("ab", 5)), list(map(lambda x, y: x + y, [1, 2], [10, 20])), list(filter(None, [0, 1, "", "a"])), list(reversed([1, 2, 3])), any([0, 1]), all([]), all([1, 0]))
print([(i, j) for i in range(3) for j in range(i) if i != j], [[j for j in range(i)] for i in range(3)])
for operation in (lambda: [][0], lambda: [].pop(), lambda: [1].remove(2), lambda: {}["k"], lambda: {[]: 1}, lambda: {1}.remove(2), lambda: (1,)[3], lambda: [1].index(2), lambda: [] + (), lambda: sorted([1, "a"]), lambda: {{}}, lambda: None[0], lambda: max([]), lambda: [1, 2][None]):
    try:
        print(operation())
    except Exception as e:
        print(type(e).__name__)
try:
    p, q = [1, 2, 3]
except ValueError:
    print("too many")
try:
    p, q = [1]
except ValueError:
    print("too few")
ba = bytearray(b"hello"); ba[0] = 72; ba.append(33); ba.extend(b"??"); print(ba, ba[1:3], len(ba), bytes(ba), ba == b"Hello!??")
mv = memoryview(ba); mv[0] = 74; print(ba, bytes(mv[1:3]), len(mv), list(mv[:2]))
