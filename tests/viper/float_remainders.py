# `//` and `%` of `float`, which the runtime reckons.
import micropython

checks = 0
wrong = 0


def check(name, got, wanted):
    global checks, wrong
    checks += 1
    if got != wanted or type(got) != type(wanted):
        wrong += 1
        print("wrong:", name, repr(got), "instead of", repr(wanted))


def raises(name, kind, f, *args):
    global checks, wrong
    checks += 1
    try:
        got = f(*args)
    except kind:
        return
    except Exception as e:
        got = repr(e)
    wrong += 1
    print("wrong:", name, got, "instead of", kind.__name__)


@micropython.viper
def ffloor(a: float, b: float) -> float:
    return a // b


@micropython.viper
def fmod(a: float, b: float) -> float:
    return a % b


def remainders():
    some = [0.0, 1.0, -1.0, 0.5, -2.5, 3.75, 1024.0, -4096.0]
    for a in some:
        for b in some:
            if b:
                check("floor", ffloor(a, b), a // b)
                check("mod", fmod(a, b), a % b)
            else:
                raises("floor", ZeroDivisionError, ffloor, a, b)
                raises("mod", ZeroDivisionError, fmod, a, b)


remainders()
print(checks, "checks,", wrong, "wrong")
