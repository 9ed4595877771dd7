# Classes with everything that can be said about attributes.
class Meta(type):
    def __call__(cls, *args):
        made = super().__call__(*args)
        made.tag = cls.__name__
        return made


class Cell:
    def __init__(self, value):
        self.value = value

    def __get__(self, obj, owner):
        return self.value

    def __set__(self, obj, value):
        self.value = value


class Base:
    count = 0

    def __init__(self, *args):
        self.args = args
        Base.count += 1

    @property
    def first(self):
        return self.args[0]

    @first.setter
    def first(self, value):
        self.args = (value,) + self.args[1:]

    @staticmethod
    def static(x):
        return x * 2

    @classmethod
    def make(cls, *args):
        return cls(*args)

    def __getattr__(self, name):
        if name.startswith("dyn_"):
            return name[4:]
        raise AttributeError(name)

    def __eq__(self, other):
        return self.args == other.args

    def __hash__(self):
        return hash(self.args)

    def __lt__(self, other):
        return self.args < other.args

    def __add__(self, other):
        return type(self)(*(self.args + other.args))

    def __len__(self):
        return len(self.args)

    def __iter__(self):
        return iter(self.args)

    def __getitem__(self, i):
        return self.args[i]

    def __contains__(self, x):
        return x in self.args

    def __repr__(self):
        return "%s%r" % (type(self).__name__, self.args)


class Derived(Base):
    def __init__(self, *args):
        super().__init__(*args)
        self.extra = [0] * 3

    def __call__(self, x):
        return self.first + x


class Numbers(list):
    def total(self):
        return sum(self)


class Oops(Exception):
    def __init__(self, code):
        super().__init__("code %d" % code)
        self.code = code


a, b = Base.make(3, 1), Derived.make(1, 2)
a.first = 7
print(a, b, a + b, len(b), list(a), b[1], 2 in b, a.dyn_name, Base.static(4), b(10), Base.count)
print(sorted([a, b, a + a]), {a: 1, b: 2}[Derived(1, 2)], a == b, a.first)
n = Numbers([1, 2, 3])
n.append(4)
print(n, n.total(), len(n), n[1:])
try:
    raise Oops(5)
except Oops as e:
    print(e, e.code, e.args)
try:
    a.missing
except AttributeError as e:
    print("missing", e)
T = type("T", (Derived,), {"z": lambda self: self.extra})
print(T(1).z(), isinstance(T(2), Base), issubclass(T, Derived))
g = {}
exec("class Late(B):\n  c = 1\n  def m(self): return super().__len__()\nr = Late(1, 2, 3).m()", {"B": Base}, g)
print(g["r"])
