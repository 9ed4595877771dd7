# Functions with large frames call themselves directly: the stack's end is noticed in time.
LOCALS = 3000
lines = ["import micropython", "@micropython.viper", "def deep(n: int) -> int:"]
for i in range(LOCALS):
    lines.append("    a%d = n * %d" % (i, i + 3))
lines.append("    if n == 0:")
lines.append("        return 0")
lines.append("    r = int(deep(n - 1))")
for i in range(LOCALS):
    lines.append("    r += a%d" % i)
lines.append("    return r")
names = {}
exec("\n".join(lines), names)
deep = names["deep"]
factors = sum(i + 3 for i in range(LOCALS))
assert deep(40) == factors * sum(range(41))
try:
    deep(100_000_000)
    assert False
except RuntimeError:
    pass
print("survived")
