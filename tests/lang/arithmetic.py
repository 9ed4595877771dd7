#! agree: cpython upstream
# Integers small, big and negative under every operator; the answers cross the small-int border both ways.
import sys


def line(*items):
    print(" ".join(str(item) for item in items))


edges = [0, 1, -1, 2, -2, 3, 7, -7, 10, 255, -256, 2**14, 2**30 - 1, 2**30, -(2**30), 2**31, 2**61, 2**62 - 1, 2**62, -(2**62), 2**63, 2**64 + 1, -(2**64), 10**30, -(10**30)]
for a in edges:
    line("unary", a, -a, +a, ~a, abs(a), bool(a), a == a + 0, hash(a) == hash(int(str(a))))
for a in edges:
    for b in (1, -1, 3, -7, 2**30, -(2**62), 2**64 + 1, -(10**30)):
        line(a, b, a + b, a - b, a * b, a // b, a % b, divmod(a, b), a & b, a | b, a ^ b, a < b, a <= b, a == b, a != b)
for a in edges:
    for n in (0, 1, 5, 31, 32, 61, 62, 63, 64, 100):
        line(a, n, a << n, a >> n)
for a in (0, 1, -1, 2, -3, 10, 12345):
    for n in (0, 1, 2, 3, 17, 63, 64):
        line(a, n, a**n)
for a, n, m in ((3, 1000, 7), (2, 10**9, 1000007), (-5, 77, 13), (123456789, 98765, 2**61 - 1)):
    line(pow(a, n, m))
for a in (7, -7, 2**70, -(2**70)):
    line(a / 2, a / -8, float(a), int(float(a)))
for operation in (lambda: 1 // 0, lambda: 1 % 0, lambda: 1 / 0, lambda: 2**70 // 0, lambda: divmod(1, 0), lambda: 1 << -1, lambda: 1 >> -1):
    try:
        operation()
    except Exception as e:
        line(type(e).__name__)
line(int("-0x1f", 16), int("777", 8), int("zz", 36), int("  12  "), int("0b101", 0), int("1_000"))
for text in ("", "x", "12x", "0x", "--1", "1 2"):
    try:
        line(int(text))
    except ValueError:
        line("ValueError", repr(text))
line(hex(255), hex(-255), oct(8), bin(10), bin(-10), hex(2**70))
total = 0
for i in range(-50, 50):
    total = total * 31 + i * i - (i >> 1) ^ i
line(total)
x = 1
for i in range(1, 60):
    x *= i
line(x)
for i in range(59, 0, -1):
    assert x % i == 0
    x //= i
line(x)
