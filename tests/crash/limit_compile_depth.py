# Sources nested to the compiler's limit, compiled where the machine stack is nearly used up.

DEPTH = 190
TEXTS = [
    opening * DEPTH + "a" + closing * DEPTH
    for opening, closing in (("(", ")"), ("a ** ", ""), ("not ", ""), ("lambda: ", ""), ("[a for a in ", "]"), ("f(*", ")"))
]
TEXTS.append("".join(" " * i + "if a:\n" for i in range(90)) + " " * 90 + "pass\n")
refused = 0
levels = 0


def compile_one():
    global refused
    try:
        compile(TEXTS[levels % len(TEXTS)], "deep", "exec")
    except RuntimeError:
        refused += 1


class Shown:
    def __repr__(self):
        global levels
        levels += 1
        compile_one()
        return repr([Shown()])


class Equal:
    def __eq__(self, other):
        global levels
        levels += 1
        compile_one()
        return [Equal()] == [Equal()]


for name, f in (("repr", lambda: repr(Shown())), ("eq", lambda: Equal() == Equal())):
    refused = levels = 0
    try:
        f()
    except RuntimeError as e:
        print(name, e, levels > 100)
print("survived")
