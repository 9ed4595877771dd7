# Subclasses of built-in types whose `__init__` never reaches the built-in's, and objects made by bare `__new__`.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)


def put(to, i, value):
    to[i] = value

KINDS = []
for base in (list, dict, set, tuple, str, int, float, bytes, bytearray, Exception, ValueError, object, frozenset, complex, range, enumerate, map, zip, filter, reversed, type, bool):
    space = {"base": base}
    try:
        exec("class S(base):\n    def __init__(self, *args):\n        pass\n", space)
        KINDS.append(space["S"])
    except TypeError:
        print("no subclass of", base.__name__)


def uses(o):
    yield "repr", lambda: repr(o)
    yield "str", lambda: str(o)
    yield "len", lambda: len(o)
    yield "iter", lambda: list(o)
    yield "next", lambda: next(o)
    yield "item", lambda: o[0]
    yield "key", lambda: o["k"]
    yield "store", lambda: put(o, 0, 1)
    yield "in", lambda: 1 in o
    yield "add", lambda: o + o
    yield "add1", lambda: o + 1
    yield "radd", lambda: 1 + o
    yield "mul", lambda: o * 2
    yield "eq", lambda: o == o
    yield "eq2", lambda: o == type(o)()
    yield "lt", lambda: o < o
    yield "hash", lambda: hash(o)
    yield "bool", lambda: bool(o)
    yield "int", lambda: int(o)
    yield "float", lambda: float(o)
    yield "neg", lambda: -o
    yield "call", lambda: o()
    yield "append", lambda: o.append(1)
    yield "extend", lambda: o.extend(o)
    yield "pop", lambda: o.pop()
    yield "sort", lambda: o.sort()
    yield "get", lambda: o.get(1)
    yield "update", lambda: o.update(o)
    yield "keys", lambda: list(o.keys())
    yield "items", lambda: list(o.items())
    yield "join", lambda: "".join(o)
    yield "join of", lambda: o.join(["a", "b"])
    yield "split", lambda: o.split()
    yield "encode", lambda: o.encode()
    yield "decode", lambda: o.decode()
    yield "format", lambda: "{} {!r} {:5}".format(o, o, o)
    yield "percent", lambda: "%s %d" % (o, o)
    yield "percent of", lambda: o % 1
    yield "args", lambda: o.args
    yield "value", lambda: o.value
    yield "union", lambda: o | o
    yield "to_bytes", lambda: o.to_bytes(2, "big")
    yield "list", lambda: [1, 2, 3][o]
    yield "slice", lambda: [1, 2, 3][o:]
    yield "dict", lambda: {o: 1}
    yield "set attribute", lambda: setattr(o, "attr", 1)
    yield "attribute", lambda: o.attr
    yield "memoryview", lambda: memoryview(o)
    yield "bytes", lambda: bytes(o)
    yield "isinstance", lambda: isinstance(o, type(o))
    yield "sum", lambda: sum(o)
    yield "sorted", lambda: sorted(o)
    yield "unpack", lambda: (lambda *a: a)(*o)
    yield "keywords", lambda: (lambda **k: k)(**o)
    yield "exec", lambda: exec(o)
    yield "abs", lambda: abs(o)
    yield "round", lambda: round(o)
    yield "chr", lambda: chr(o)
    yield "ord", lambda: ord(o)


def throw(o):
    raise o


for kind in KINDS:
    for make in (lambda: kind(), lambda: kind(1), lambda: kind([1, 2]), lambda: kind.__new__(kind), lambda: object.__new__(kind)):
        try:
            o = make()
        except Exception as e:
            print(kind.__bases__[0].__name__ if hasattr(kind, "__bases__") else "kind", "not made:", type(e).__name__)
            continue
        for name, use in uses(o):
            try:
                use()
            except Exception as e:
                pass
        try:
            throw(o)
        except Exception as e:
            try:
                str(e), repr(e), e.args
            except Exception:
                pass


class Late(list):
    def __init__(self):
        try:
            self.append(1)
            len(self)
            self[0]
        except Exception:
            pass
        super().__init__([1, 2, 3])
        super().__init__([4])
        self.append(2)


attempt("init twice", lambda: list(Late()))


class NewReturnsOther(list):
    def __new__(cls, *args):
        return 5


attempt("new returns another type", lambda: NewReturnsOther() + 1)


class NewReturnsNothing:
    def __new__(cls):
        pass


attempt("new returns None", NewReturnsNothing)


class InitReturns:
    def __init__(self):
        return 5


attempt("init returns", InitReturns)
for f in (list.append, dict.get, str.upper, int.to_bytes, set.add, bytearray.extend, list.sort, dict.items, str.join, tuple.index, bytes.decode, Exception.__init__ if hasattr(Exception, "__init__") else list.pop):
    for args in ((), (5,), ("x",), ([],), (None, None), ({}, 1), ([], 1), (b"x", 1), (KINDS[0](), 1)):
        try:
            f(*args)
        except Exception:
            pass
print("survived")
