# Source text that no person would write.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

def bad(name, text):
    attempt(name, lambda: exec(text, {}))


for text in ("", " ", "\n", "\t", "\\", "\\\n", "#", "\0", "a\0b", "'\0'", "'", '"""', "'''x", "\"\\", "'\\x'", "'\\x4'", "'\\u12'", "'\\U00110000'", "'\\N{x}'", "'\\777'", "b'\\u1234'", "b'é'", "é = 1", "€", "😀", "\x7f", "\ufeffx = 1", "$", "?", "!", "x!", "`x`", "0x", "0b2", "0o8", "09", "1__0", "1e", "1e+", ".e1", "1.2.3", "1_", "0xg", "1j", "1e99999", "9" * 1000, "0x" + "f" * 1000, "1." + "1" * 1000, "x" * 10000 + " = 1", "'" + "y" * 100000 + "'", "b'" + "z" * 100000 + "'"):
    bad("text %r" % text[:12], text)
for data in (b"x = 1", b"\xff", b"x = '\xff'", b"\xc3", bytearray(b"y = 2"), memoryview(b"z = 3"), 5, None, [], b"\x00"):
    attempt("exec of %s" % type(data).__name__, lambda: exec(data, {}))
for text in ("if 1:\n\tx\n        y", "if 1:\n  x\n y", "  x", "if 1:\nx", "if 1:", "else:", "def", "class", "lambda", "import", "from", "from x", "from x import", "with", "for", "while", "try:", "try:\n x", "except:", "return", "yield", "await x", "break", "continue", "raise from x", "global", "nonlocal x", "def f():\n nonlocal x", "def f():\n global x\n nonlocal x", "del", "del 1", "del f()", "assert", "pass pass", "1 = 2", "f() = 1", "a + b = c", "(a, b) += 1", "[a, 1] = x", "*a = x", "*a, *b = x", "a = *b", "f(**a, *b)", "f(a=1, b)", "f(a=1, a=2)", "def f(a, a): 1", "def f(*): 1", "def f(*, **k): 1", "def f(a=1, b): 1", "def f(**k, a): 1", "lambda *: 1", "x = yield", "class C(*a, **k): 1", "@", "@x", "@x\nx = 1", "print 1", "a b", "a = = b", "a ==", "()()", "[](", "(", ")", "[)", "{]", "{1:2, 3}", "{1, 2:3}", "{**a}", "[*a]", "a[", "a[]", "a[1:2:3:4]", "a.", "a.1", ".a", "a..b", "not", "a not b", "a is not", "a if b", "a if b else", "a := 1", "(a := )", "f'{'", "f'}'", "f'{}'", "f'{a!}'", "f'{a!x}'", "f'{a:{b:{c}}}'", "f'{a b}'", "f'{lambda x: 1}'", "async x", "async def f(): yield from x", "async for x in y: 1", "match x:\n case 1: pass", "type X = int", "x: int", "x: int = 1", "x: = 1", "1: int", "a, b: int", "def f() -> : 1", "def f(a:): 1", "try:\n 1\nfinally", "try:\n 1\nexcept* X: 1", "for x in y: else", "while: 1", "if: 1", "import a.b as", "import *", "from x import (a", "from x import a,", "from x import (a,)", "from . import *", "def f():\n from x import *", "__debug__ = 1", "None = 1", "True += 1", "def None(): 1", "class True: 1", "f(None=1)", "lambda None: 1", "...", "... = 1", "a @ b", "a <> b", "a ! b", "a =! b", "a ++", "++a", "a--b", "a ** -b", "-a ** b", "not not a", "~-+a"):
    bad("text %r" % text[:16], text)
locals_ = "\n".join("    v%d = %d" % (i, i) for i in range(3000))
bad("3000 locals", "def f():\n%s\n    return v0 + v2999\nassert f() == 2999\n" % locals_)
bad("300 arguments", "def f(%s):\n    return a299\nassert f(*range(300)) == 299\n" % ", ".join("a%d" % i for i in range(300)))
bad("300 keywords", "def f(**k):\n    return len(k)\nassert f(%s) == 300\n" % ", ".join("a%d=1" % i for i in range(300)))
bad("300 constants", "x = [%s]\nassert len(x) == 3000\n" % ", ".join("%d.5" % i for i in range(3000)))
bad("long tuple", "x = (%s)\nassert len(x) == 5000\n" % "".join("%d," % i for i in range(5000)))
bad("long dict", "x = {%s}\nassert len(x) == 5000\n" % ",".join("%d:1" % i for i in range(5000)))
bad("long string sum", "x = %s\n" % " + ".join("'s%d'" % i for i in range(1000)))
bad("long if", "".join("%sif x == %d:\n    y = 1\n" % ("" if i == 0 else "el", i) for i in range(1000)).join(["x = 5\n", ""]))
bad("closures", "def f():\n" + "\n".join("    v%d = 1" % i for i in range(300)) + "\n    def g():\n        return " + " + ".join("v%d" % i for i in range(300)) + "\n    return g()\nassert f() == 300\n")
bad("300 functions", "\n".join("def f%d():\n    return %d" % (i, i) for i in range(300)) + "\nassert f299() == 299\n")
bad("far jump", "x = 0\nfor i in range(3):\n" + "\n".join("    x += %d" % i for i in range(5000)) + "\nassert x == 3 * sum(range(5000))\n")
bad("far jump in try", "try:\n" + "\n".join("    x = %d" % i for i in range(5000)) + "\n    raise ValueError\nexcept ValueError:\n    pass\n")
bad("50 finally", "".join(" " * i + "try:\n" for i in range(50)) + " " * 50 + "1 / 0\n" + "".join(" " * i + "finally:\n" + " " * (i + 1) + "pass\n" for i in range(49, -1, -1)))
bad("50 with", "class M:\n    def __enter__(self): pass\n    def __exit__(self, *a): pass\nm = M()\n" + "".join(" " * i + "with m:\n" for i in range(50)) + " " * 50 + "pass\n")
bad("50 for", "".join(" " * i + "for x%d in [1]:\n" % i for i in range(50)) + " " * 50 + "y = 1\n")
bad("many names", "\n".join("name_%d = %d" % (i, i) for i in range(3000)))
for mode in ("eval", "exec", "single", "nope", 5):
    for text in ("1", "x = 1", "", "1\n2", "\n1"):
        attempt("compile %s" % mode, lambda: compile(text, "f", mode))
attempt("compile name", lambda: exec(compile("1/0", "x" * 10000, "exec")))
attempt("exec globals", lambda: exec("x", 5))
attempt("exec locals", lambda: exec("x", {}, 5))
attempt("eval of code", lambda: eval(compile("5", "f", "eval")))
seed = 1
words = ["if", "else", "x", "=", "(", ")", "[", "]", "{", "}", ":", ",", "\n", "\n ", "\n  ", "def", "f", "1", "'s'", "+", "*", "**", "lambda", "yield", "return", "for", "in", "while", "try", "except", "finally", "with", "as", "class", "import", "from", ".", "@", "async", "await", "not", "and", "or", "is", "del", "global", "nonlocal", "assert", "raise", "pass", "break", "continue", ":=", "->", "...", "f'{x}'", "b'y'", "#", "\\", "1.5", "None", "True"]
for i in range(3000):
    text = ""
    for _ in range(3 + i % 12):
        seed = (seed * 1103515245 + 12345) % 2**31
        text += words[(seed >> 8) % len(words)] + " "
    try:
        compile("def g():\n  " + text + "\n", "f", "exec")
        compile(text, "f", "exec")
    except Exception as e:
        assert isinstance(e, (SyntaxError, ValueError, NotImplementedError, TypeError, OverflowError, MemoryError, RuntimeError, NameError)), (text, e)
print("survived")
