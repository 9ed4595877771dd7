#! agree: cpython upstream
# Text: indexing, slicing, searching, splitting, formatting; ASCII and beyond.
s = "the quick brown fox"
u = "héllo wörld €5 😀!"
for t in (s, u, ""):
    print(len(t), repr(t), t.replace("o", "O"), t[1:4], t[-3:], t[:-2], t * 2, "-".join(t))
    print([c for c in t][:5], [ord(c) for c in t][-5:], sorted(set(t))[:6])
print(s.find("q"), s.find("z"), s.rfind("o"), s.find("o", 13), s.find("o", 13, 14), s.index("fox"), s.count("o"), s.count(""))
print(u.find("w"), u.find("€"), u.find("😀"), u[u.find("€")], u.split(), u.encode(), u.encode().decode() == u)
print(s.split(), s.split(" ", 1), s.rsplit(" ", 1), s.split("o"), "a,,b,".split(","), " a  b ".split(), "".split(), "".split(","))
print(s.partition(" "), s.rpartition(" "), s.partition("@"), s.rpartition("@"))
print(s.replace("o", "0"), s.replace("o", "0", 1), s.replace("", ".", 3), s.startswith("the"), s.startswith("q", 4), s.endswith("fox"))
print("  x ".strip(), "xxyxx".strip("x"), "xxyxx".lstrip("x"), "xxyxx".rstrip("x"), "\t\n x\r".strip())
print("abc".isalpha(), "123".isdigit(), " \n".isspace(), "Ab".isupper(), "AB".isupper(), "ab".islower(), "".isalpha())
print("abc" < "abd", "abc" < "ab", "a" < "é", "Z" < "a", "abc" == "ab" + "c", "x" in "xyz", "yz" in "xyz", "" in "")
print("%s %r %d %5d %-5d| %05d %x %X %o %c %%" % ("s", "r", 42, 42, 42, 42, 255, 255, 8, "c"))
print("%(a)s-%(b)03d" % {"a": 1, "b": 2}, "%*d" % (5, 42), "%.2s" % "abc", "%s" % (1,), "%s" % [1, 2])
print("{} {} {}".format(1, "two", [3]), "{1} {0}".format("a", "b"), "{x} {y!r}".format(x=1, y="q"), "{{}}".format())
print("{:>8}|{:<8}|{:^8}|{:*^9}|".format("ab", "cd", "ef", "gh"), "{:08.3f} {:+d} {:x} {:#x} {:b} {:,}".format(3.14159, 5, 255, 255, 5, 1234567))
n, name = 7, "f"
print(f"{n} {name!r} {n:>4} {n + 1} {{}} {name}{n}", f"{n=}", f"{'nested'}")
print("a\tb\\n\x41\u00e9\101", r"raw\n", "it's", 'say "hi"', "both ' and \"", "line\
continued", """tri
ple""", "con" "cat")
print(repr("\x00\x1f\x7f\n\t\r\\'"), repr("'"), repr('"'), repr("'\""))
for operation in (lambda: "abc"[5], lambda: "abc".index("z"), lambda: "a" + 1, lambda: "%d" % "x", lambda: "%s %s" % (1,), lambda: "%d" % (1, 2), lambda: "{} {}".format(1), lambda: "{x}".format(y=1), lambda: ",".join([1]), lambda: chr(-1), lambda: ord("ab"), lambda: int([])):
    try:
        print(operation())
    except Exception as e:
        print(type(e).__name__)
text = ""
for i in range(200):
    text += chr(97 + i % 26)
print(len(text), text[13:40], text.count("abc"))
words = {}
for word in ("it was the best of times it was the worst of times " * 3).split():
    words[word] = words.get(word, 0) + 1
print(sorted(words.items()))
print(b"bytes"[1], b"bytes"[1:3], bytes([1, 2, 255]), bytes(3), bytes("é", "utf8"), bytearray(b"ab") + b"c", b"a" * 3, b"a,b".split(b","), b"abc".find(b"c"), b"\x00\xff'" , b"a" < b"b")
