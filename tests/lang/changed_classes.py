# Names and attributes at places that have seen others before: what a class, an instance or a module becomes in between
# counts, whatever was found there.


def get(o):
    return o.x


def put(o, v):
    o.x = v
    return o.x


def call(o, *args):
    return o.f(*args)


def trial(f, *args):
    out = []
    for _ in range(3):
        try:
            out.append(f(*args))
        except Exception as e:
            out.append(type(e).__name__)
    return out[0] if out[0] == out[1] == out[2] else out


class A:
    def __init__(self):
        self.x = 1
        self.y = 2

    def f(self):
        return "A.f", self.x


class B(A):
    def __init__(self):
        super().__init__()
        self.z = 3


class C:
    def __init__(self):
        self.y = 20
        self.x = 10

    def f(self):
        return "C.f", self.x


class Empty:
    pass


class Asked:
    def __getattr__(self, name):
        return "asked " + name


class WithClassValue:
    x = "class value"


# One place, objects of several classes.
for o in (A(), B(), C(), A(), Empty(), Asked(), WithClassValue(), WithClassValue, B()):
    print(trial(get, o), trial(call, o))
for o in (A(), B(), C(), Empty(), Asked(), WithClassValue()):
    print(trial(put, o, 5), get(o), trial(put, o, None), get(o))
print(WithClassValue.x, trial(put, WithClassValue, "new"), WithClassValue.x, get(WithClassValue()))
for o in (5, "text", [], None, print, A.f, A):
    print(trial(get, o), trial(put, o, 1), trial(call, o))
del A.x

# An attribute goes away, and comes back behind the others.
a = A()
print(get(a))
del a.x
print(trial(get, a), trial(call, a))
a.x = 7
print(get(a), put(a, 8), a.y, call(a))
c = C()
del c.y
print(get(c), put(c, 9), get(A()), put(A(), 4))


def removes(o):
    out = []
    for i in range(4):
        o.x = i
        out.append(o.x)
        del o.x
        try:
            o.x
        except AttributeError:
            out.append("gone")
    return out


print(removes(A()), removes(Empty()))


# A method is hidden by an attribute of the object, and shown again.
def hides():
    out = []
    a, b = A(), A()
    for i in range(6):
        if i == 2:
            a.f = lambda: "own"
        if i == 4:
            del a.f
        out.append((call(a), call(b)))
    return out


print(hides())


class Late:
    v = "class"

    def m(self):
        return "m"


def late(o):
    return o.v, o.m()


ones = [Late() for _ in range(3)]
print([late(o) for o in ones])
ones[1].v = "own"
print([late(o) for o in ones])
Late.m = lambda self: "other m"
print([late(o) for o in ones])
ones[2].m = lambda: "own m"
Late.v = "class 2"
print([late(o) for o in ones])
del Late.m
print([trial(late, o) for o in ones])
Late.m = 5
print([trial(late, o) for o in ones])


# A base changes under its subclasses.
class Base:
    def who(self):
        return "Base"


class Mid(Base):
    pass


class Leaf(Mid):
    pass


def who(o):
    return o.who()


leaf, mid = Leaf(), Mid()
print(who(leaf), who(mid))
Mid.who = lambda self: "Mid"
print(who(leaf), who(mid))
Leaf.who = lambda self: "Leaf"
print(who(leaf), who(mid))
del Mid.who
print(who(leaf), who(mid))
Base.who = lambda self: "Base 2"
del Leaf.who
print(who(leaf), who(mid))


# Properties and __setattr__ that come late.
class P:
    def __init__(self):
        self.x = 1


class Q(P):
    pass


p, q = P(), Q()
for o in (p, q):
    print(put(o, 2), put(o, 3))
log = []


def getter(self):
    return "by getter"


def setter(self, v):
    log.append(v)


P.x = property(getter, setter)
for o in (p, q, P(), Q()):
    print(trial(get, o), trial(put, o, 4), log)
    log.clear()


class R:
    def __init__(self):
        self.x = 1


class S(R):
    pass


r, s = R(), S()
for o in (r, s):
    print(put(o, 2), put(o, 3))


def hook(self, name, value):
    log.append((name, value))


R.__setattr__ = hook
for o in (r, s):
    print(put(o, 4), log)
    log.clear()


class HasSet:
    pass


class Described:
    pass


def describe():
    o = Described()
    o.x = 1
    print(put(o, 2), put(o, 3))
    HasSet.__set__ = lambda self, this, value: log.append(value)
    HasSet.__get__ = lambda self, this, owner: "described"
    Described.x = HasSet()
    print(put(o, 4), log, put(Described(), 5), log)
    log.clear()


describe()


class Guarded:
    def __init__(self):
        object.__setattr__(self, "x", 0)

    def __setattr__(self, name, value):
        log.append(name)
        object.__setattr__(self, name, value + 1)


class Sub(Guarded):
    pass


for o in (Guarded(), A(), Sub()):
    print(put(o, 5), put(o, 6), log)
log.clear()


class Prop:
    def __init__(self):
        object.__setattr__(self, "x", "own")

    @property
    def x(self):
        return "property"

    @x.setter
    def x(self, v):
        log.append(v)


class PropSub(Prop):
    pass


for o in (Prop(), PropSub(), Prop()):
    print(get(o), put(o, 1), put(o, 2), log)


class ReadOnly:
    @property
    def x(self):
        return 1


print(trial(put, ReadOnly(), 5), trial(get, ReadOnly()))


# Many attributes.
class Many:
    def __init__(self, n):
        for i in range(n):
            setattr(self, "a%d" % i, i)
        self.x = n

    def f(self):
        return self.x + 1


for n in (0, 3, 8, 9, 40):
    m = Many(n)
    print(get(m), put(m, n * 2), call(m), m.x)


# Attributes that a constructor makes, some of them sometimes.
class Sometimes:
    def __init__(self, n):
        if n & 1:
            self.odd = n
        self.x = n
        if n & 2:
            self.two = n
        self.y = -n

    def all(self):
        return [getattr(self, name, None) for name in ("odd", "x", "two", "y")]


print([Sometimes(i).all() for i in range(6)])
seen = [Sometimes(i) for i in range(6)]
for o in seen:
    o.x += 1
    o.y += 1
    o.new = o.x
    o.new += 1
print([(o.x, o.y, o.new) for o in seen])


# Names of the module and of builtins.
def size(v):
    return len(v)


def name():
    return some


print(trial(name))
some = 1
print(trial(name))
some = 2
print(name(), size("abc"), size("ab"))
del some
print(trial(name))
for i in range(20):
    globals()["extra%d" % i] = i
some = 3
print(name(), size("abcd"))
len = lambda v: "own len"
print(size("abc"), size("abc"))
del len
print(size("abc"), size("abc"))


class Class:
    def __init__(self, v):
        self.v = v


def make(v):
    return Class(v).v


print(make(1), make(2))
Old = Class
Class = lambda v: Old(v * 10)
print(make(1), make(2))
Class = Old
Class.__init__ = lambda self, v: setattr(self, "v", -v)
print(make(1), make(2))
del Class.__init__
print(trial(make, 1))


class Meta(type):
    def f(cls):
        return "meta", cls.x




T = Meta("T", (), {"x": 1})
U = Meta("U", (), {"x": 2})
for o in (T, U, A(), T):
    print(trial(get, o), trial(put, o, 3), trial(call, o))


# Methods of classes are their own.
class K:
    @classmethod
    def f(cls):
        return cls.__name__

    @staticmethod
    def g():
        return "K.g"


class L:
    @classmethod
    def f(cls):
        return "in " + cls.__name__

    @staticmethod
    def g():
        return "L.g"


def both(o):
    return o.f(), o.g()


for _ in range(2):
    print([both(o) for o in (K, L, K(), L())])
