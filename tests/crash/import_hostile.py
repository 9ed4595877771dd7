# Imports from what is no module, and modules that change while they are imported.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

import sys


class NoModule:
    a = 1
    _b = 2

    def method(self):
        return 1


class Liar:
    __all__ = 5


class Liar2:
    __all__ = ["nope"]


class Liar3:
    __all__ = [1, None, "x"]
    x = 1


class Raises:
    def __getattr__(self, name):
        raise ValueError(name)


for name, thing in (
    ("instance", NoModule()),
    ("class", NoModule),
    ("int", 5),
    ("none", None),
    ("str", "text"),
    ("list", [1]),
    ("dict", {"a": 1}),
    ("function", lambda: 0),
    ("all int", Liar()),
    ("all missing", Liar2()),
    ("all odd", Liar3()),
    ("raises", Raises()),
    ("float", 1.5),
    ("big", 2**100),
    ("generator", (x for x in ())),
    ("module", sys),
):
    sys.modules["strange"] = thing
    for text in ("from strange import *", "import strange", "from strange import a", "from strange import a as b, _b", "import strange.sub", "from strange.sub import x", "import strange as s; s.a", "import strange.sub as s", "from strange import __all__"):
        attempt("%s: %s" % (name, text), lambda: exec(text, {}))
for text in ("import ''", "from . import x", "from .. import x", "from .x import y", "import .x", "from sys import nope", "import no_such_module_at_all", "import sys.nope", "from sys import", "import sys as", "import a..b"):
    attempt(text, lambda: exec(text, {}))
for name in ("", ".", "..", "a..b", "sys.", ".sys", "x" * 10000, "\0", "é", "a/b", "../x"):
    attempt("__import__ %r" % name[:10], lambda: __import__(name))
for args in ((), (5,), (None,), ("sys", None, None, None, 100), ("sys", {}, {}, 5), ("sys", {}, {}, (1, 2)), ("sys", 5, 5, None, 1), ("sys", {}, {}, (), -1), ("sys", {"__name__": 5}, {}, (), 1)):
    attempt("__import__", lambda: __import__(*args))
sys.modules.pop("strange", None)
attempt("path", lambda: sys.path.append(5) or __import__("no_such_module_b"))
sys.path.pop()
attempt("path none", lambda: sys.path.insert(0, None) or __import__("no_such_module_c"))
sys.path.pop(0)
print("survived")
