# Names and attributes that change behind the caches of their sites.


class A:
    k = 1

    def __init__(self):
        self.x = 10

    def m(self):
        return self.x


class B:
    def __init__(self):
        self.pad = 0
        self.x = 20

    def m(self):
        return self.x + 1

    @property
    def k(self):
        return self.x + 2


def attr(o):
    return o.x


def cls(o):
    return o.k


def call(o):
    return o.m()


def put(o, v):
    o.x = v


a, b = A(), B()
for o in (a, b, a, a, b):
    print(attr(o), cls(o), call(o))
    put(o, attr(o) + 1)
A.k = 5
print(cls(a))
a.k = 6
print(cls(a), cls(b))
del a.k
print(cls(a))
A.m = lambda self: "new"
print(call(a))
a.m = lambda: "own"
print(call(a))
del a.m
print(call(a), call(b))
del a.x
try:
    attr(a)
except AttributeError:
    print("no x")
put(a, 3)
a.y = 4
del a.y
for i in range(12):
    setattr(a, "n%d" % i, i)
print(attr(a))


class D(A):
    def __getattr__(self, name):
        return "got " + name


d = D()
print(attr(d), d.nothing)
del d.x
print(attr(d))
put(d, 1)
print(attr(d))

g = 1


def glob():
    return g, len


def forget():
    global g
    del g


print(glob()[0])
g = 2
print(glob()[0], glob()[1]("abc"))
len = lambda what: "mine"
print(glob()[1]("abc"))
del len
print(glob()[1]("abc"))
forget()
try:
    glob()
except NameError:
    print("no g")
g = 3
print(glob()[0])
for i in range(40):
    globals()["name%d" % i] = i
print(glob()[0])


def other(ns):
    exec("def inner():\n return g\nprint(inner())", ns)


other({"g": "theirs"})
print(glob()[0])


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


print(deep(50))
try:
    deep(10 ** 9)
except RuntimeError as e:
    print(e)


def none(x):
    raise KeyError(x)


def catches(x):
    try:
        none(x)
    except KeyError as e:
        return e.args
    finally:
        print("finally")


print(catches(7))
