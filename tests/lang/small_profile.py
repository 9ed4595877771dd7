#! agree: cpython
# What builds for small boards have other code for: functions of angles, decimal exponents, sorting, searching.
import math


def shown(f, x):
    try:
        return "%.13g" % f(x)
    except ValueError as e:
        return type(e).__name__


ANGLES = [0.0, -0.0, 1e-300, 1e-9, 0.5, -0.785, 0.786, 1.0, 1.5707963267948966, -1.6, 2.0, 2.4, 3.141592653589793, 4.0, -5.0,
          6.283185307179586, 10.0, 100.5, -1000.25, 123456.789, 1e10, 1e15, -1e22, 1.5e100, 1.7e308, math.inf, math.nan]
for x in ANGLES:
    print(x, shown(math.sin, x), shown(math.cos, x), shown(math.tan, x))
for x in (-1.5, -1.0, -0.5, -0.0, 0.0, 0.25, 0.999, 1.0, 2.0):
    print(x, shown(math.asin, x), shown(math.acos, x), shown(math.atan, x), shown(math.exp, x), shown(math.sqrt, x))
for i in range(24):
    x = i * math.pi / 12
    print(i, "%.14f %.14f" % (math.sin(x), math.cos(x)), "%.9f" % (math.sin(x) ** 2 + math.cos(x) ** 2))
# The exponent of a decimal text comes from a logarithm.
for e in (-308, -300, -20, -5, -1, 0, 1, 5, 15, 16, 17, 22, 100, 300, 307, 308):
    for m in ("9.999999999", "1", "1.0000000001", "5.5"):
        x = float(m + "e" + str(e)) if not (e == 308 and m[0] in "95") else 1.7e308
        print("%e" % x, "%g" % x, "%.3g" % x, "%.0e" % x, "{:.12g}".format(x))
# Sorting is stable, whatever order is there before, and takes what comparison raises.
records = [(i * 7919 % 13, i) for i in range(200)]
print(sorted(records, key=lambda r: r[0]) == sorted(records), sorted(records, key=lambda r: -r[0], reverse=True) == sorted(records))
for n in (0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100):
    up = list(range(n))
    mixed = [i * 37 % 101 for i in range(n)]
    print(n, sorted(up) == up, sorted(up[::-1]) == up, sorted(mixed) == sorted(mixed[::-1]), sorted(mixed, reverse=True) == sorted(mixed)[::-1])
print(sorted(["b", "a", "", "ab", "B"]), sorted([2.5, 1, -3, 0.5]), sorted([(1, "b"), (1, "a"), (0, "z")]), sorted([[2], [1, 5], [1]]))
try:
    print(sorted([3, 1, "x", 2]))
except TypeError as e:
    print(type(e).__name__)
# Searching: the needle at the ends, repeated, absent, longer than the text.
text = "abababcababab" * 3
for needle in ("", "a", "c", "abc", "bab", "ababab", "cc", text, text + "x", "xab"):
    print(needle[:6], text.find(needle), text.rfind(needle), needle in text, text.encode().find(needle.encode()), text.find(needle, 5, 20), text.rfind(needle, 5, 20))
print(text.count("ab"), text.replace("abc", "-"), text.split("bab"), text.rsplit("ab", 2), text.partition("c"), text.rpartition("c"))
