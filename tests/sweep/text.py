# Text: formatting, searching, encoding, numbers in both directions.
words = "the quick brown fox jumps over the lazy dog".split()
print(words, " ".join(reversed(words)), sorted(words, key=str.upper)[:3])
print("{0} {1} {name!r:>10}".format(1, 2, name="n"))
print("%5d|%-8s|%08.3f|%x|%r|%c" % (42, "left", 3.14159, 255, "é\n", "c"))
x, y = 10**30, 2.5
print(f"{x:,} {y:>10.2e} {x!r} {words[0]!s:*^9} {'nested ' + f'{y}'}")
s = "naïve café ☕"
print(s, len(s), s[2], s[-1], s.encode(), s.find("☕"), s.replace("é", "e"), s.upper())
print(s.partition(" "), s.rpartition(" "), s.split("a"), s.startswith("na"), s.center(20))
b = s.encode()
print(b, b.decode(), bytes(reversed(b[:4])), b.hex())
print(int("1234567890" * 4), int("-ff", 16), int("0b101", 0), float("1e-5"), float("inf"))
print(str(2**200), hex(2**70), bin(10), oct(8), repr(0.1), str(1e100), 7**77 // 3**50, -(7**30) % 1000)
print(list(map(chr, (65, 233, 9749))), [ord(c) for c in "Aé☕"])
lines = "a\nb\nc".split("\n")
print(lines, "a,b,,c".split(","), "  strip ".strip(), "x".join("abc"), "ab" * 3, "b" in "abc")
names = ["attribute_%d" % i for i in range(20)]


class C:
    pass


c = C()
for i, name in enumerate(names):
    setattr(c, name, i)
print(sum(getattr(c, name) for name in names), len(dir(c)) > 20)
