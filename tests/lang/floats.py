#! agree: cpython upstream
# Floats whose text is short enough to be the same everywhere.
values = [0.0, 1.0, -1.0, 0.5, 1.5, -2.25, 3.0, 1e10, 1e-5, 123456.5, 1e100, -1e-100]
for a in values:
    print(a, -a, abs(a), bool(a), int(a) if abs(a) < 1e20 else "big", a == int(a) if abs(a) < 1e20 else "")
for a in values[:9]:
    for b in (1.0, -0.5, 2.25, 4.0):
        print(a + b, a - b, a * b, a / b, a // b, a % b, a < b, a >= b, a == b)
print(2**-1, 2.0**0.5 == 2**0.5, 1 + 1.5, 3 // 2.0, 7 % 2.5, -7 % 2.5, 7 % -2.5)
print(round(2.5), round(3.5), round(-2.5), round(1.25, 1), round(7))
inf = float("inf")
for a in (1.0, -1.0, 0.0, -0.0, 7.5, inf, -inf):
    for b in (inf, -inf, 2.0, -2.0, 1e300, -1e-300):
        print(a, b, a // b, a % b, divmod(a, b))
print(int(7.267541164959496e17 // -81.5), int(-3.7e16 // 2.6), int(5.4e16 // 7.1), 1e17 % -3.5)
nan = float("nan")
print(inf, -inf, nan, inf - inf == inf - inf, nan == nan, nan != nan, inf > 1e308, -inf < -1e308, min(inf, 1), max(-inf, 1))
print(float("1e3"), float(" 2.5 "), float("-0.0"), float("Infinity"), float(10**20))
for text in ("", "e", "1e", "1.2.3", "--1"):
    try:
        print(float(text))
    except ValueError:
        print("ValueError", repr(text))
for operation in (lambda: 1.0 / 0, lambda: 1.0 // 0.0, lambda: 1.0 % 0, lambda: 0.0**-1, lambda: int(inf), lambda: int(nan)):
    try:
        print(operation())
    except Exception as e:
        print(type(e).__name__)
print("%.3f %8.2f %-8.1f| %+.1e %g %g" % (1.0005, 3.14159, 2.5, 12345.678, 0.0001, 1e20))
print("{:.2f} {:10.3f} {:<8.1f}| {:e}".format(2.0 / 3, 1.5, 2.75, 1234.5))
print(1 < 1.5, 2 == 2.0, hash(2.0) == hash(2), {1: "a"}[1.0], 1.0 in [1], 10**20 == 1e20)
print(sum([0.5] * 10), sum(range(5), 0.5), divmod(7.5, 2), pow(2.0, 3))
total = 0.0
for i in range(1, 1000):
    total += 1.0 / (i * i)
print(int(total * 1000000))
# A power of constants is what it is of variables.
eighth, five, minus = 0.125, 0.75, -7
print([0.125**0.75, 0.125**1.125, 0.125**2.625, 7**-7, 0.75**0.125] == [eighth**five, eighth ** (1 + eighth), eighth ** (2.5 + eighth), 7**minus, five**eighth])
# Remainders of numbers that are far apart are exact.
for a in (1e20, 1e40, 3e300, -3e300):
    for b in (1000003, -7.25, 1.4e-18):
        print(a % b == (a % abs(b) + (b if b < 0 else 0)), int(a % b * 1000))
