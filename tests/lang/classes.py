#! agree: cpython upstream
# Classes: attributes, inheritance, properties, operators, descriptors, containers.
class Point:
    count = 0

    def __init__(self, x, y):
        self.x = x
        self.y = y
        Point.count += 1

    def __repr__(self):
        return "Point(%r, %r)" % (self.x, self.y)

    def __eq__(self, other):
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Point(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Point(-self.x, -self.y)

    def __bool__(self):
        return bool(self.x or self.y)

    def __lt__(self, other):
        return (self.x, self.y) < (other.x, other.y)

    def __getitem__(self, i):
        return (self.x, self.y)[i]

    def __len__(self):
        return 2

    def __contains__(self, v):
        return v in (self.x, self.y)

    def __call__(self, k):
        return self.x * k + self.y

    def __iter__(self):
        yield self.x
        yield self.y

    @property
    def norm(self):
        return self.x**2 + self.y**2

    @norm.setter
    def norm(self, v):
        self.x, self.y = v, 0

    @staticmethod
    def origin():
        return Point(0, 0)

    @classmethod
    def both(cls, v):
        return cls(v, v)


p = Point(1, 2)
q = Point(3, 4)
print(p, q, p + q, p * 3, 3 * p, -p, p == q, p == Point(1, 2), p != q, bool(Point.origin()), p < q, p[1], len(p), 2 in p, p(10), list(p), tuple(q), p.norm)
p.norm = 9
print(p, Point.both(7), Point.count, {p: "k"}[Point(9, 0)], sorted([q, p, Point(0, 0)]))


class P3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z

    def __repr__(self):
        return super().__repr__()[:-1] + ", %r)" % self.z

    def __getattr__(self, name):
        if name.startswith("get_"):
            return lambda: getattr(self, name[4:])
        raise AttributeError(name)


r = P3(1, 2, 3)
print(r, isinstance(r, Point), issubclass(P3, Point), isinstance(p, P3), type(r).__name__, r.get_z(), hasattr(r, "w"), getattr(r, "w", "dflt"), isinstance(1, (str, int)))
r.w = 5
print(r.w, hasattr(r, "w"))
del r.w
print(hasattr(r, "w"))
setattr(r, "dyn", 1)
print(r.dyn, getattr(r, "x"), r.__class__ is P3, callable(r), callable(1))


class Base:
    kind = "base"

    def who(self):
        return self.kind

    def chain(self):
        return ["Base"]


class Left(Base):
    kind = "left"

    def chain(self):
        return ["Left"] + super().chain()


class Deep(Left):
    def chain(self):
        return ["Deep"] + super().chain()


print(Deep().chain(), Deep().who(), Base.who(Left()), Left.kind)
Base.kind = "changed"
Left.extra = lambda self: self.kind + "!"
print(Base().who(), Left().who(), Deep().extra())


class Acc:
    def __init__(self):
        self.items = []

    def __setitem__(self, k, v):
        self.items.append((k, v))

    def __delitem__(self, k):
        self.items.append(("del", k))

    def __iadd__(self, v):
        self.items.append(v)
        return self

    def __enter__(self):
        self.items.append("enter")
        return self

    def __exit__(self, t, v, tb):
        self.items.append(t.__name__ if t else None)
        return True


a = Acc()
a["k"] = 1
del a["k"]
a += 5
with a as b:
    b += 6
    raise ValueError
print(a.items)


class Stack(list):
    def push(self, v):
        self.append(v)
        return self

    def top(self):
        return self[-1]


s = Stack()
s.push(1).push(2)
print(s.top(), len(s), s == [1, 2], isinstance(s, list), sorted(s), s[0])


class MyError(Exception):
    def __init__(self, code):
        super().__init__("code %d" % code)
        self.code = code


try:
    raise MyError(7)
except MyError as e:
    print(e, e.code, e.args, isinstance(e, Exception))


class Fwd:
    def __init__(self, v):
        self.v = v

    def __radd__(self, o):
        return ("radd", o, self.v)

    def __sub__(self, o):
        return NotImplemented

    def __rsub__(self, o):
        return ("rsub", self.v)

    def __str__(self):
        return "str"

    def __repr__(self):
        return "repr"


print(1 + Fwd(2), Fwd(1) - Fwd(2) if False else "", str(Fwd(1)), repr(Fwd(1)), "%s %r" % (Fwd(1), Fwd(2)), [Fwd(1)])
for operation in (lambda: Point(1, 2) + 1, lambda: Point(), lambda: p.nope, lambda: Base().who(1), lambda: object() < object(), lambda: len(Base()), lambda: Base()(), lambda: iter(Base()), lambda: Base()[0]):
    try:
        print(operation())
    except Exception as e:
        print(type(e).__name__)
C = type("C", (Base,), {"m": lambda self: 42})
print(C().m(), C.__name__, C().kind)
