# Classes and instances that change while their own methods, properties and lookups run.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)



class A:
    def f(self):
        del A.f
        return 1

    def g(self):
        A.g = lambda self: 2
        return A.g(self) + self.g()

    @property
    def p(self):
        A.p = 5
        return 1

    def vanish(self):
        for name in list(self.__dict__) if hasattr(self, "__dict__") else ():
            delattr(self, name)
        return 3


a = A()
assert a.f() == 1
attempt("deleted method", lambda: a.f())
assert a.g() == 4
assert a.p == 1
assert a.p == 5
a.x = 1
attempt("vanish", a.vanish)


def hot(o):
    return o.v


class P:
    v = 1


class Q(P):
    pass


def caches():
    o, q = P(), Q()
    seen = []
    for i in range(60):
        seen.append((hot(o), hot(q)))
        if i == 10:
            o.v = 2
        if i == 20:
            P.v = 3
        if i == 30:
            del o.v
        if i == 40:
            Q.v = 4
        if i == 50:
            del Q.v
            P.v = 5
    assert seen[5] == (1, 1) and seen[15] == (2, 1) and seen[25] == (2, 3), seen
    assert seen[35] == (3, 3) and seen[45] == (3, 4) and seen[55] == (5, 5), seen


caches()


def globals_change():
    space = {"n": 1, "len": len}
    exec("def f():\n    return n\ndef g():\n    return len([1, 2])\n", space)
    f, g = space["f"], space["g"]
    seen = []
    for i in range(40):
        try:
            seen.append((f(), g()))
        except NameError:
            seen.append("gone")
        if i == 9:
            space["n"] = 2
        if i == 19:
            del space["n"]
            for k in range(100):
                space["k%d" % k] = k
        if i == 29:
            space["n"] = 3
            space["len"] = lambda x: "mine"
    assert seen[0] == (1, 2) and seen[15] == (2, 2) and seen[25] == "gone" and seen[35] == (3, "mine"), seen


globals_change()


class Many:
    pass


def instances():
    o = Many()
    for i in range(300):
        setattr(o, "a%d" % i, i)
    for i in range(0, 300, 2):
        delattr(o, "a%d" % i)
    for i in range(1, 300, 2):
        assert getattr(o, "a%d" % i) == i
    for i in range(0, 300, 2):
        assert not hasattr(o, "a%d" % i)


instances()


class Getattr:
    def __getattr__(self, name):
        setattr(self, name, len(name))
        return getattr(self, name)


g = Getattr()
assert g.abc == 3 and g.abc == 3


class D:
    def __get__(self, obj, cls):
        try:
            del Owner.d
        except AttributeError:
            pass
        return 7

    def __set__(self, obj, v):
        Owner.d = v


class Owner:
    d = D()


o = Owner()
attempt("descriptor deletes itself", lambda: o.d)
attempt("after", lambda: o.d)
for bases in ((int, str), (list, dict), (5,), (None,), ("x",), (A, A), (type,), (lambda: 0,), (A(),), (bool,), ((),)):
    attempt("bases", lambda: type("T", bases, {}))
for args in ((), (1, 2), ("T", 5, {}), ("T", (), 5), (5, (), {}), ("T", (), {5: 6}), ("T", (), {"__init__": 5}), ("", (), {}), ("T", [], {})):
    attempt("type", lambda: type(*args)())
attempt("own base", lambda: setattr(A, "__bases__", (A,)))
attempt("class of instance", lambda: setattr(A(), "__class__", int))
attempt("name", lambda: setattr(A, "__name__", 5))
attempt("dict", lambda: setattr(A(), "__dict__", 5))
attempt("attribute of int", lambda: setattr(5, "x", 1))
attempt("attribute of type", lambda: setattr(int, "x", 1))
attempt("attribute of None", lambda: setattr(None, "x", 1))
attempt("attribute of function", lambda: setattr(len, "x", 1))
attempt("attribute name", lambda: getattr(A(), 5))
attempt("attribute name long", lambda: getattr(A(), "x" * 100000))
attempt("attribute name empty", lambda: setattr(A(), "", 1))
for special in ("__init__", "__new__", "__call__", "__getattr__", "__eq__", "__hash__", "__len__", "__iter__", "__next__", "__getitem__", "__add__", "__repr__", "__str__", "__bool__", "__contains__", "__enter__", "__exit__", "__del__", "__get__", "__setattr__"):
    for value in (5, None, "text", len, [], lambda: 0, lambda *a: None, lambda *a: "x", lambda *a: -1, lambda *a: 2**100, int):
        try:
            T = type("T", (), {special: value})
            t = T()
        except Exception:
            continue
        endless = special == "__getitem__"
        for use in (lambda: t(), lambda: t.x, lambda: t == 1, lambda: hash(t), lambda: len(t), lambda: iter(t), lambda: endless or list(t), lambda: next(t), lambda: t[0], lambda: t + 1, lambda: repr(t), lambda: str(t), lambda: bool(t), lambda: endless or 1 in t, lambda: t.__enter__(), lambda: {t: 1}, lambda: "%s" % t, lambda: setattr(t, "y", 1), lambda: [1, 2][t], lambda: sorted([t, t]), lambda: range(t), lambda: endless or (lambda *a: a)(*t)):
            try:
                use()
            except Exception:
                pass
print("survived")
