# Texts that grow, share buffers, are searched and change under a callback.
def grow():
    s, kept = "", []
    for i in range(2000):
        s += chr(97 + i % 26)
        if i % 500 == 0:
            kept.append(s)
    t = s + "!"
    u = s + "?"
    s += "one"
    v = kept[1] + "x"
    kept[1] += "y"
    return len(s), t[-1], u[-1], s[-4:], v[-2:], kept[1][-2:], [len(k) for k in kept], hash(t) == hash(u[:-1] + "!")


print(grow())
b = b""
for i in range(300):
    b += bytes((i & 255,))
print(len(b), b[255], b[256], b == bytes(i & 255 for i in range(300)))
s = "é€😀z" * 50
print([s[i] for i in (0, 1, 2, 3, 4, 100, 199, 7, 198, -1, -200)], len(s), s[97:103], s.find("z", 50), s.rfind("é"), s.index("😀", 100, 104), s.count("€z"), s.count("z"))
print("".join(s[i] for i in range(len(s))) == s, "".join(s[i] for i in range(len(s) - 1, -1, -1))[:4])
a = "a" * 3000
print(a.find("a" * 1000 + "b"), (a + "b").find("a" * 1000 + "b"), a.rfind("b" + "a" * 1000), ("b" + a).rfind("b" + "a" * 1000), a.count("aa"), a.replace("aaa", "b") == "b" * 1000)
print("abcabcabd".find("abcabd"), "mississippi".rfind("issi"), "aXbXc".split("X", 1), "aXbXc".rsplit("X", 1), "abab".partition("ba"), "x".join("abc"), "é".join(["1", "2"]))
d = {"k%d" % i: i for i in range(100)}
print(d["k" + str(42)], "k" + "99" in d, d.get("k100"), sum(d["k%s" % i] for i in range(100)))

x = bytearray(b"abcdef")
x[1:3] = x
print(x)
x += x
x.extend(x)
print(len(x), x[-4:])
x[2:10] = b""
x[0:0] = memoryview(x)[4:6]
print(len(x), x[:6])


def shrinking():
    global x
    x[:] = b""
    yield "a"
    x += b"z" * 100
    yield "b"


print(bytes(x)[:3], ",".join(shrinking()), len(x))


class Str:
    def __init__(self, f):
        self.f = f

    def __str__(self):
        self.f()
        return "<" + "%d|%s" % (5, "in") + ">"

    __repr__ = __str__


def fail():
    raise ValueError("callback")


def churn():
    for i in range(200):
        "x%dy" % i + "z" * i


print("%s-%s" % (Str(churn), Str(churn)), "{}+{!r:>9}".format(Str(churn), Str(churn)), f"{Str(churn)}")
for f in (lambda: "%s %s" % (Str(churn), Str(fail)), lambda: "{} {}".format(1, Str(fail)), lambda: "-".join(str(i) for i in (1, Str(fail)))):
    try:
        print(f())
    except ValueError as e:
        print("ValueError", e)
for size in (10**13, 10**18):
    for f in (lambda: "a" * size, lambda: b"ab" * size, lambda: "{:{}}".format(1, size), lambda: "%*d" % (size, 1), lambda: bytearray(size)):
        try:
            f()
            print("?")
        except (MemoryError, OverflowError, ValueError):
            print("refused", end=" ")
print()
