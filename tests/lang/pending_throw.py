#! agree: upstream
# An exception left for a generator by pend_throw() is raised where a loop, `yield from` or next() resumes it; what the
# generator answers with goes on like any other answer.


def stubborn(log):
    n = 0
    while n < 5:
        n += 1
        try:
            yield n
        except ValueError as e:
            log.append(e.args[0])
            yield "caught"


def loop(pend_at):
    log = []
    g = stubborn(log)
    out = []
    for x in g:
        out.append(x)
        if x == pend_at:
            g.pend_throw(ValueError("loop"))
    return out, log


print(loop(2))
print(loop(5))


def delegating(g):
    result = yield from g
    return result


def delegate():
    log = []
    g = stubborn(log)
    out = []
    for x in delegating(g):
        out.append(x)
        if x == 3:
            g.pend_throw(ValueError("inner"))
    return out, log


print(delegate())


def ends(n):
    for i in range(n):
        try:
            yield i
        except ValueError:
            return


def end():
    out = []
    g = ends(9)
    for x in g:
        out.append(x)
        if x == 4:
            g.pend_throw(ValueError())
    return out


print(end())
g = ends(3)
next(g)
g.pend_throw(KeyError("next"))
try:
    next(g)
except KeyError as e:
    print("KeyError", e.args)
g = ends(3)
next(g)
g.pend_throw(KeyError("loop"))
try:
    for x in g:
        print(x)
except KeyError as e:
    print("KeyError", e.args)
