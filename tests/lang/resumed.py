#! agree: upstream
# Generators that functions and other generators resume: what ends them, what passes through them, and what they may
# not do while they run.
import gc


def trial(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, e.args


# An exception goes through each of them, and ends each of them.
def raises(at):
    for i in range(5):
        if i == at:
            raise KeyError(i)
        yield i


def looped(it):
    for x in it:
        yield x * 10


def delegating(it):
    got = yield from it
    yield ("got", got)


def sends(it):
    yield next(it)
    while True:
        yield it.send(None)


def drain(it):
    out = []
    try:
        for x in it:
            out.append(x)
    except KeyError as e:
        out.append(e.args)
    return out


for at in (0, 2, 7):
    inner = raises(at)
    chain = looped(delegating(looped(inner)))
    print(drain(chain), list(chain), list(inner))
print(trial(drain, sends(looped(raises(2)))))
print(trial(drain, sends(looped(raises(9)))))


# The same where the generator catches it, in between.
def catching(it):
    n = 0
    while n < 3:
        n += 1
        try:
            for x in it:
                yield x
            yield "end"
        except KeyError as e:
            yield e.args
        finally:
            yield "finally"


print(list(catching(looped(raises(1)))))


# StopIteration does not get out, however deep.
def stops():
    yield 1
    raise StopIteration(5)


def by_next(it):
    while True:
        yield next(it)


def first_of(it):
    for x in it:
        return x


print(trial(list, stops()))
print(trial(list, looped(stops())))
print(trial(list, delegating(stops())))
print(trial(list, by_next(iter([1]))))
print(trial(drain, looped(by_next(looped(raises(8))))))
print(first_of(by_next(iter([7]))))


def keeps_going():
    g = stops()
    out = []
    for _ in range(4):
        try:
            out.append(g.send(None))
        except RuntimeError as e:
            out.append(e.args)
        except StopIteration:
            out.append("stop")
    return out


print(keeps_going())


# What a return gives: to `yield from`, to next(), to a loop nothing.
def returns(n):
    yield n
    return n + 1


def values():
    out = []
    for x in returns(1):
        out.append(x)
    g = returns(5)
    next(g)
    try:
        g.send(None)
    except StopIteration as e:
        out.append(e.args)
    try:
        next(g)
    except StopIteration as e:
        out.append(e.args)
    out.append(list(delegating(returns(8))))
    return out


print(values())


# Sent values, to fresh generators too.
def adder():
    total = 0
    while True:
        x = yield total
        if x is None:
            return total
        total += x


def feed(values):
    g = adder()
    out = [trial(g.send, 1), next(g)]
    for x in values:
        try:
            out.append(g.send(x))
        except StopIteration as e:
            out.append(e.args)
    return out


print(feed([1, 2, 40, None, 3]))


def pipes():
    r = yield from adder()
    yield "sum", r


def feed_through():
    g = pipes()
    next(g)
    return [g.send(4), g.send(5), g.send(None)]


print(feed_through())


# A generator that runs is not to be resumed.
def itself():
    yield 0
    for x in me:
        yield x


me = itself()
print(trial(list, me), trial(list, me))


def itself_too():
    yield 0
    yield from me


me = itself_too()
print(trial(list, me))


def itself_by_send():
    yield 0
    yield me.send(None)


me = itself_by_send()
print(trial(list, me))


# An exception for later, one thrown in, and close().
def log_of(out):
    n = 0
    try:
        while True:
            try:
                n += 1
                yield n
            except ValueError as e:
                out.append(e.args)
    finally:
        out.append("closed")


def told():
    out = []
    g = log_of(out)
    for x in g:
        if x == 2:
            g.pend_throw(ValueError("later"))
        if x == 4:
            out.append(g.throw(ValueError("now")))
        if x == 6:
            g.close()
    return out


print(told())


# Recursion ends with an exception, not with a crash; then all goes on.
def deep(n):
    for x in deep(n + 1):
        yield x


def deep_from(n):
    yield from deep_from(n + 1)


def deep_send(n):
    g = deep_send(n + 1)
    yield g.send(None)


for f in (deep, deep_from, deep_send):
    try:
        for x in f(0):
            print("no")
    except RuntimeError as e:
        print(e.args)


# Memory that only a resting or running generator knows.
def holds(n):
    kept = [str(i) + "x" for i in range(n)]
    while True:
        gc.collect()
        junk = [bytes(50) for _ in range(20)]
        yield kept[len(junk)]
        kept.append("more")


def held():
    gens = [holds(25 + i) for i in range(4)]
    out = []
    for _ in range(3):
        for g in gens:
            for x in g:
                out.append(x)
                break
    return out


print(held())


# What is handled where, and what is raised again.
def again():
    try:
        yield 1
        raise ValueError("first")
    except ValueError:
        for x in looped(raises(7)):
            yield x
        try:
            raise
        except ValueError as e:
            yield e.args


print(list(again()))


def shared(it):
    def take(n):
        out = []
        for x in it:
            out.append(x)
            n -= 1
            if n == 0:
                break
        return out

    return take


take = shared(looped(raises(4)))
print(take(2), take(1), trial(take, 5), take(5))


class Tree:
    def __init__(self, value, *below):
        self.value = value
        self.below = below

    def __iter__(self):
        yield self.value
        for tree in self.below:
            yield from tree


print(list(Tree(1, Tree(2, Tree(3)), Tree(4, Tree(5), Tree(6)))))
