# A program that catches MemoryError and goes on; each step must leave things whole.
def step(f):
    try:
        return f()
    except MemoryError:
        return None


a = [1, 2, 3]
d = {1: 1}
s = {1}
b = bytearray(b"abc")
for i in range(20):
    n = len(a)
    if step(lambda: a.append(i)) is None and len(a) not in (n, n + 1):
        raise AssertionError
    n = len(d)

    def store():
        d["key%d" % i] = i

    step(store)
    assert len(d) in (n, n + 1) and len(list(d)) == len(d)
    n = len(s)
    step(lambda: s.add(i))
    assert len(s) in (n, n + 1)
    n = len(b)
    step(lambda: b.append(i))
    assert len(b) in (n, n + 1)
    n = len(b)
    step(lambda: b.extend(b"12345678"))
    assert len(b) in (n, n + 8)
c = step(lambda: sorted([5, 3, 1] * 5))
assert c is None or c == [1] * 5 + [3] * 5 + [5] * 5
t = step(lambda: [x * 2 for x in range(30)])
assert t is None or len(t) == 30
t = step(lambda: "".join(str(x) for x in range(30)))
assert t is None or len(t) == 50
a.sort()
assert a == sorted(a)
print("done")
