# Streams used after closing, closed twice, and half made ones.


def attempt(name, f, *args):
    try:
        result = f(*args)
    except AssertionError:
        raise
    except BaseException as e:
        print(name, type(e).__name__)
    else:
        print(name, "gave", type(result).__name__)

import io


def uses(f):
    yield lambda: f.read()
    yield lambda: f.read(1)
    yield lambda: f.readline()
    yield lambda: f.readlines()
    yield lambda: f.write("x")
    yield lambda: f.write(b"x")
    yield lambda: f.seek(0)
    yield lambda: f.seek(-5, 0)
    yield lambda: f.seek(0, 9)
    yield lambda: f.tell()
    yield lambda: f.flush()
    yield lambda: f.getvalue()
    yield lambda: f.readinto(bytearray(3))
    yield lambda: f.readinto(5)
    yield lambda: f.__enter__()
    yield lambda: f.__exit__(None, None, None)
    yield lambda: next(f)
    yield lambda: list(f)
    yield lambda: repr(f)
    yield lambda: print("x", file=f)
    yield lambda: f.close()
    yield lambda: f.close()


for make in (lambda: io.StringIO("a\nb"), lambda: io.BytesIO(b"a\nb"), lambda: io.StringIO(), lambda: io.BytesIO(bytearray(b"abc"))):
    f = make()
    for use in uses(f):
        try:
            use()
        except Exception as e:
            pass
    for use in uses(f):
        try:
            use()
        except Exception as e:
            pass
    with make() as f:
        pass
    attempt("read after with", f.read)
name = "crash_test.tmp"
try:
    with open(name, "w") as f:
        f.write("line 1\nline 2\n")
    f = open(name)
except (NameError, OSError, ImportError) as e:
    print("no files here")
else:
    for use in uses(f):
        try:
            use()
        except Exception as e:
            pass
    for use in uses(f):
        try:
            use()
        except Exception as e:
            print(type(e).__name__, end=" ")
    print()
    attempt("iterate closed", lambda: [line for line in f])
    attempt("with closed", lambda: f.__enter__())
for args in ((), (5,), (None,), (name, "q"), (name, ""), (name, 5), (name, "rw"), ("",), ("x" * 5000,), ("\0",), ("no/such/dir/file", "w"), (".",), (".", "w")):
    try:
        attempt("open", lambda: open(*args))
    except NameError:
        pass


class Half(io.IOBase if hasattr(io, "IOBase") else object):
    def __init__(self):
        pass


h = Half()
for use in uses(h):
    try:
        use()
    except Exception:
        pass


class Odd(io.IOBase if hasattr(io, "IOBase") else object):
    def __init__(self, n):
        self.n = n

    def readinto(self, b):
        return self.n

    def write(self, b):
        return self.n

    def ioctl(self, request, arg):
        return self.n


for n in (0, -1, 1, 1000000, 2**62, None, "x", 1.5):
    o = Odd(n)
    for use in (lambda: o.read(5), lambda: o.readline() if n in (0, -1, None, "x", 1.5) else 0, lambda: print("x", file=o), lambda: o.seek(5), lambda: o.flush()):
        try:
            use()
        except Exception:
            pass
attempt("print to int", lambda: print("x", file=5))
attempt("print to list", lambda: print("x", file=[]))
attempt("BytesIO of itself", lambda: (lambda f: f.write(f.getvalue()))(io.BytesIO(b"abc")))
attempt("BytesIO of str", lambda: io.BytesIO("abc"))
attempt("StringIO of int", lambda: io.StringIO(5))


def buffer_grows():
    b = bytearray(b"abc")
    f = io.BytesIO(b)
    b.extend(bytes(1000))
    f.write(b"xyz")
    return f.read()


attempt("BytesIO of a bytearray that grows", buffer_grows)
print("survived")
