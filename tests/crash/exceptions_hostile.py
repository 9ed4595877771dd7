# Exceptions whose own methods misbehave, and tracebacks of them.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

import sys, io


class StrRaises(Exception):
    def __str__(self):
        raise ValueError("in str")


class ReprRaises(Exception):
    def __repr__(self):
        raise StrRaises()


class StrOdd(Exception):
    def __str__(self):
        return 5


class InitRaises(Exception):
    def __init__(self):
        raise KeyError


class NewOdd(Exception):
    def __new__(cls, *args):
        return 5


class Deep(Exception):
    pass


def show(e):
    if hasattr(sys, "print_exception"):
        sys.print_exception(e, io.StringIO())
        sys.print_exception(e, io.BytesIO())
        sys.print_exception(e, 5)
    return str(e), repr(e), e.args


def throw(x):
    try:
        raise x
    except BaseException as e:
        return show(e)


e = Exception()
e2 = Exception(e)
selfish = Exception([])
selfish.args[0].append(selfish)
for x in (StrRaises(), ReprRaises(), StrOdd(), InitRaises, NewOdd, Deep, Deep(1, 2, 3), e2, selfish, Exception(StrRaises()), KeyError(ReprRaises()), OSError(5), OSError(-5), OSError("x", "y", "z"), OSError(None, None), StopIteration([1]), GeneratorExit(), SystemExit if False else ValueError, 5, "x", None, int, Exception, object(), object, [], lambda: 0, KeyError("\0\xff"), UnicodeError("x", 1, 2), UnicodeError(b"x")):
    attempt("throw", throw, x)


def cause():
    try:
        raise ValueError
    except ValueError as e:
        raise KeyError from e


attempt("cause", cause)
for text in ("raise ValueError from None", "raise ValueError from 5", "raise ValueError from KeyError", "raise None", "raise 5 from 6"):
    attempt(text, lambda: exec(text))


def kinds(k):
    try:
        raise ValueError
    except k:
        return "caught"


for k in (5, None, "x", (), (5,), (ValueError, 5), int, object, [ValueError], lambda: 0, type, Exception, BaseException, (KeyError, (ValueError,))):
    attempt("except clause", kinds, k)


def many():
    for i in range(2000):
        try:
            try:
                raise Deep(i)
            finally:
                [0] * 10
        except Deep as e:
            assert e.args == (i,)


attempt("many", many)


def long_traceback(n):
    if n == 0:
        raise Deep
    long_traceback(n - 1)


try:
    long_traceback(20)
except Deep as e:
    attempt("long traceback", show, e)


def reraise(n):
    try:
        raise Deep
    except Deep as e:
        for _ in range(n):
            try:
                raise e
            except Deep as again:
                assert again is e
        return show(e)


attempt("raised again and again", reraise, 500)
for args in ((), (1,), (None, None), (5, 6), (ValueError(), 5), (ValueError, io.StringIO())):
    if hasattr(sys, "print_exception"):
        attempt("print_exception", lambda: sys.print_exception(*args))
attempt("args of args", lambda: setattr(Exception(), "args", 5))
attempt("errno", lambda: OSError().errno)
attempt("value", lambda: StopIteration().value)
attempt("exit", lambda: sys.exit)
for f in ("Exception.__init__", "Exception.__new__", "Exception.__str__", "Exception.with_traceback"):
    attempt(f, lambda: eval(f)())
    attempt(f, lambda: eval(f)(5))


class Exit:
    def __init__(self, result):
        self.result = result

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if self.result == "raise":
            raise KeyError
        return self.result


class NoExit:
    def __enter__(self):
        return self


class Broken:
    def __enter__(self):
        raise ValueError

    def __exit__(self):
        pass


def managed(m, body):
    with m:
        body()
    return "after"


def boom():
    raise ValueError


for m in (Exit(True), Exit(False), Exit("raise"), Exit(5), Exit(None), NoExit(), Broken(), 5, None, io.StringIO()):
    attempt("with", managed, m, boom)
    attempt("with quiet", managed, m, lambda: 0)
print("survived")
