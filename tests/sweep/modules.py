# The modules that every build has.
import array, collections, heapq, io, math, random, struct, sys
from micropython import RingIO

a = array.array("h", [1, -2, 300])
a.append(4)
a.extend(array.array("h", [5, 6]))
print(a, a[1:3], len(a), bytes(a[:2]))
d = collections.deque((), 4)
for i in range(6):
    d.append(i)
d.appendleft(9)
print(list(d), d.popleft(), len(d))
T = collections.namedtuple("T", ["x", "y"])
t = T(1, y=2)
print(t, t.x, t == (1, 2))
o = collections.OrderedDict([("b", 1), ("a", 2)])
o["c"] = 3
print(o, list(o.items()))
h = []
for i in (5, 2, 8, 1):
    heapq.heappush(h, (i, str(i)))
print(heapq.heappop(h), len(h))
s = io.StringIO()
print("to", "text", file=s)
s.write("é" * 10)
print(s.getvalue())
f = io.BytesIO(b"line 1\nline 2\n")
print(f.readline(), list(f), f.read())
f.seek(20)
f.write(b"end")
print(f.getvalue())
r = RingIO(8)
print(r.write(b"0123456789"), r.read(3), r.write(b"ab"), r.read())
print(struct.pack("<hIq3s", -1, 2, 3, b"xyz"), struct.unpack("<hI", b"\xff\xff\x02\0\0\0"))
print(math.floor(2.5), math.ceil(2.5), "%.3f" % math.sqrt(2))
random.seed(1)
print(random.randint(1, 6) in range(1, 7), random.choice([3]))
try:
    1 / 0
except ZeroDivisionError as e:
    sys.print_exception(e, s)
print(len(s.getvalue()) > 40, sys.implementation.name)
