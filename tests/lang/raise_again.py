#! agree: cpython upstream
# `raise` without an exception, and from None: in handlers, behind them, in what blocks leave.


def again():
    try:
        [][1]
    except IndexError:
        raise


def inner_handler_first():
    try:
        {}[1]
    except KeyError:
        try:
            int("x")
        except ValueError:
            raise


def outer_when_inner_is_over():
    try:
        {}["outer"]
    except KeyError:
        try:
            int("x")
        except ValueError:
            pass
        raise


def in_loop(n):
    for i in range(n):
        try:
            if i == 2:
                raise OSError(i)
        except OSError as e:
            if e.args[0]:
                raise
    return "none"


def in_finally(fails):
    try:
        if fails:
            1 // 0
    finally:
        raise


def finally_in_handler(fails):
    try:
        raise TypeError("handled")
    except TypeError:
        try:
            if fails:
                1 // 0
        finally:
            raise


def through_finally(seen):
    try:
        try:
            raise ValueError("through")
        except ValueError:
            raise
        finally:
            seen.append("finally")
    except ValueError as e:
        seen.append(e.args)
        raise


class Manager:
    def __init__(self, seen, swallows):
        self.seen = seen
        self.swallows = swallows

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.seen.append(kind)
        return self.swallows


def through_with(seen, swallows):
    try:
        raise KeyError("with")
    except KeyError:
        with Manager(seen, swallows):
            raise
    return "swallowed"


def nothing():
    raise


def behind_handler():
    try:
        [][0]
    except IndexError:
        pass
    raise


def called_by_handler():
    try:
        raise ValueError("of the caller")
    except ValueError:
        again()


def generator():
    try:
        yield 1
    except ValueError:
        yield 2
        raise
    yield 3


def from_none():
    try:
        {}["a"]
    except KeyError:
        raise ValueError("b") from None


def from_no_exception():
    raise 5 from None


def shown(fun, *args):
    try:
        print(fun.__name__, fun(*args))
    except Exception as e:
        # The texts of the runtime are those of nobody else.
        print(fun.__name__, type(e).__name__, e.args if type(e) in (KeyError, ValueError, OSError) and "int" not in str(e) else "")


for fun in (again, inner_handler_first, outer_when_inner_is_over):
    shown(fun)
shown(in_loop, 2)
shown(in_loop, 3)
for fun in (in_finally, finally_in_handler):
    shown(fun, False)
    shown(fun, True)
seen = []
shown(through_finally, seen)
shown(through_with, seen, False)
shown(through_with, seen, True)
print(seen)
for fun in (behind_handler, called_by_handler, from_none, from_no_exception):
    shown(fun)
shown(nothing)
made = generator()
print(next(made), made.throw(ValueError("thrown")))
try:
    next(made)
except ValueError as e:
    print("again", e.args)
print(list(generator()))
