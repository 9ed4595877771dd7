# Every kind of object, made, changed, printed and thrown away.
class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return "Point(%d, %d)" % (self.x, self.y)

    @property
    def sum(self):
        return self.x + self.y


class Point3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z


points = [Point3(i, i * 2, i * 3) for i in range(5)]
print(points, [p.sum for p in points], sorted(points, key=lambda p: -p.z)[0])
d = {"a": 1, 2: [3], (4, 5): {6, 7}}
d.update({str(i): i * 1.5 for i in range(12)})
print(len(d), d["11"], d[(4, 5)], sorted(str(k) for k in d))
s = "text %s %r" % ("é", b"bytes") + "{:>5}".format(2**70) + f"{d['3']}"
print(s, s.split(), s.upper(), "-".join(s.split()[:2]), s.encode(), bytearray(b"x") + b"y")
a = [3, 1, 2]
a.sort()
a.extend(range(10))
a[2:4] = [7, 8, 9, 10]
print(a, a[1:3], tuple(a), set(a) & {1, 2, 3, 99}, a * 2, list(zip(a, "abc")), dict(enumerate("ab")))
print(2**100 // 3**20, -(2**70) % 12345, 1 << 80, int("123456789012345678901234567890"), 10**20 / 7)
