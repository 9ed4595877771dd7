# The compiler at run time, with sources that are right and sources that are not.
sources = (
    "x = 1\nfor i in range(3):\n    x += i * 2\n",
    "def f(a, b=2, *c, d, **e):\n    return a + b + len(c) + d + len(e)\nx = f(1, 2, 3, d=4, z=5)\n",
    "class A:\n    y = 3\n    def m(self):\n        return [self.y * i for i in range(3)]\nx = sum(A().m())\n",
    "def g():\n    try:\n        yield 1\n    finally:\n        yield 2\nx = sum(g())\n",
    "import math\nx = math.floor(2.7) if math else None\n",
    "x = {k: (v, {v}) for k, v in zip('abc', (1, 2.5, 3 + 4j))}['a'][0]\n",
    "x = f'{1 + 1} {\"text\"!r:>8}' and len('long literal ' * 10)\n",
    "lam = lambda *a, k=1: (a, k)\nx = lam(1, 2, k=3)[1]\nassert x == 3\n",
    "with open_it() as o:\n    x = o\n",
    "x = 1 +\n",
    "def f(:\n",
    "if 1:\nx = 2\n",
    "return 5\n",
    "'not closed\n",
)


class Manager:
    def __enter__(self):
        return 11

    def __exit__(self, *args):
        return None


for source in sources:
    names = {"open_it": Manager}
    try:
        exec(source, names)
        print(names["x"])
    except SyntaxError as e:
        print("SyntaxError", e)
code = compile("a + b", "<text>", "eval")
print(eval(code, {"a": 1, "b": 2}), eval("[i for i in range(4)]"), eval("(lambda n: n * n)(9)"))
