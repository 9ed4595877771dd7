# Everything that nests, nested until somebody says stop.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

import sys, gc

DEPTHS = (10, 100, 1000, 5000, 50000)


def nested_list(n):
    a = []
    for _ in range(n):
        a = [a]
    return a


def nested_tuple(n):
    a = ()
    for _ in range(n):
        a = (a,)
    return a


def nested_dict(n):
    a = {}
    for _ in range(n):
        a = {1: a}
    return a


class Link:
    def __init__(self, to):
        self.to = to

    def __eq__(self, other):
        return self.to == other.to

    def __lt__(self, other):
        return self.to < other.to

    def __repr__(self):
        return "L" + repr(self.to)

    def __hash__(self):
        return hash(self.to)

    def __len__(self):
        return len(self.to)

    def __bool__(self):
        return bool(self.to)

    def __getattr__(self, name):
        return getattr(self.to, name)

    def __call__(self):
        return self.to()

    def __iter__(self):
        return iter(self.to)

    def __contains__(self, x):
        return x in self.to

    def __getitem__(self, i):
        return self.to[i]

    def __add__(self, o):
        return self.to + o

    def __str__(self):
        return str(self.to)


def nested_link(n):
    a = 0
    for _ in range(n):
        a = Link(a)
    return a


for depth in DEPTHS:
    for make in (nested_list, nested_tuple, nested_dict, nested_link):
        try:
            x, y = make(depth), make(depth)
        except MemoryError:
            print("no room")
            continue
        gc.collect()
        for name, f in (
            ("repr", lambda: len(repr(x))),
            ("str", lambda: len(str(x))),
            ("format", lambda: "{} {!r}".format(x, x)),
            ("percent", lambda: "%s" % (x,)),
            ("eq", lambda: x == y),
            ("lt", lambda: x < y),
            ("hash", lambda: hash(x)),
            ("in", lambda: y in [x]),
            ("len", lambda: len(x)),
            ("bool", lambda: bool(x)),
            ("attr", lambda: x.no_such),
            ("call", lambda: x()),
            ("iter", lambda: list(x)),
            ("contains", lambda: 7 in x),
            ("item", lambda: x[0]),
            ("add", lambda: x + 1),
            ("isinstance", lambda: isinstance(1, x)),
            ("issubclass", lambda: issubclass(int, x)),
            ("except", lambda: catch(x)),
            ("startswith", lambda: "abc".startswith(x)),
            ("print", lambda: print(x, file=Sink())),
            ("json", lambda: len(__import__("json").dumps(x))),
        ):

            def catch(kinds):
                try:
                    raise ValueError
                except kinds:
                    return 1

            class Sink(__import__("io").IOBase if hasattr(__import__("io"), "IOBase") else object):
                def write(self, b):
                    return len(b)

            attempt("%s %s %d" % (make.__name__, name, depth), f)
        x = y = None
        gc.collect()
TEXTS = (
    ("(", ")"),
    ("[", "]"),
    ("{1:", "}"),
    ("[1,(", ",)]"),
    ("-", "1"),
    ("not ", "1"),
    ("~", "1"),
    ("f(", ")"),
    ("a[", "]"),
    ("a.b", ""),
    ("lambda: ", "1"),
    ("1 if 1 else ", "1"),
    ("1 + (", "1)"),
    ("1 + ", "1"),
    ("1 < ", "1"),
    ("1 and ", "1"),
    ("1 ** ", "1"),
    ("[x for x in ", "[]]"),
    ("(yield ", ")"),
    ("await ", "x"),
    ("*", "a"),
    ("x = ", "1"),
    ("x, ", ""),
    ("(x := ", "1)"),
    ("f'{", "}'"),
    ("'a' ", ""),
    ("@a\n", "def f(): pass"),
)
BLOCKS = ("if 1:", "while 0:", "for x in y:", "def f():", "class C:", "try:", "with a:", "async def f():", "if 1: pass\n%selse:")
for depth in DEPTHS:
    for opening, closing in TEXTS:
        tail = closing * depth if closing in (")", "]", "}", ",)]", "1)", "[]]", "}'") else closing
        text = opening * depth + tail
        attempt("source %r %d" % (opening[:8], depth), lambda: exec("def g():\n  " + text.replace("\n", "\n  ") + "\n", {}))
        attempt("eval %r %d" % (opening[:8], depth), lambda: eval(text, {"a": 1, "f": abs}))
    if depth <= 1000:
        for block in BLOCKS:
            lines = []
            for i in range(depth):
                lines.append(" " * i + (block % (" " * i) if "%" in block else block))
            lines.append(" " * depth + "pass")
            attempt("block %r %d" % (block[:8], depth), lambda: exec("\n".join(lines) + "\n", {}))
    try:
        import json

        for opening, closing in (("[", "]"), ('{"a":', "}")):
            attempt("json %d" % depth, lambda: json.loads(opening * depth + "1" + closing * depth))
            attempt("json open %d" % depth, lambda: json.loads(opening * depth))
    except ImportError:
        pass
    attempt("%% nested %d" % depth, lambda: "%(" * depth % {})
    attempt("format nested %d" % depth, lambda: ("{:" * depth + "}" * depth).format(*range(10)))
    attempt("format items %d" % depth, lambda: ("{0" + "[0]" * depth + "}").format([1]))
    attempt("bases %d" % depth, lambda: chain(min(depth, 5000)))

    def chain(n):
        cls = object
        for _ in range(n):
            cls = type("C", (cls,), {})
        o = cls()
        isinstance(o, int)
        issubclass(cls, int)
        try:
            o.no_such
        except AttributeError:
            pass
        return o
print("survived")
