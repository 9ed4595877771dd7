#! agree: cpython upstream
# Changing what is being walked, where Python says what happens.
a = [1, 2, 3]
for x in a:
    if x < 10:
        a.append(x * 10)
print(a)
a = [1, 2, 3, 4]
for x in a:
    a.remove(x)
print(a)
a = [1, 2, 3]
print([a.pop() for _ in a], a)
a = list(range(5))
for i, x in enumerate(a):
    if x == 1:
        a.insert(0, "new")
    if len(a) > 8:
        break
print(a)
a = [3, 1, 2]
a.extend(a)
print(a)
a += a
print(len(a))
a[1:3] = a
print(len(a), a[:6])
a[:] = []
print(a)
a = [1, 2, 3]
a[1:2] = (x for x in ()) if False else [9, 9, 9]
print(a)
b = bytearray(b"ab")
b.extend(bytes(b))
b += bytes(b)
print(b)
b[1:3] = bytes(b)
print(b)
d = {i: i for i in range(5)}
for k in list(d):
    if k % 2:
        del d[k]
    else:
        d[k + 100] = k
print(sorted(d.items()))
s = {1, 2, 3}
s |= s
s -= {1}
s.update(s)
print(sorted(s))
s -= s
print(len(s))


class Grow:
    def __init__(self, target):
        self.target = target

    def __eq__(self, other):
        self.target.append(0)
        return False

    def __hash__(self):
        return 1


a = [1, 2, 3]
print(Grow([]) in [1], 5 in a)
x = [1]
x.append(x)
print(x[1][1][1][0], x[1] is x)
d = {}
d["self"] = d
print(d["self"]["self"] is d)


class Careless:
    cache = {}

    def __init__(self, v):
        self.v = v

    def __hash__(self):
        return 1

    def __eq__(self, other):
        Careless.cache[self.v] = other
        Careless.cache.clear()
        return self.v == other.v


d = {Careless(i): i for i in range(12)}
print(d[Careless(7)], d.get(Careless(50)), len(d), sum(d.pop(Careless(i)) for i in range(12)), len(d))
