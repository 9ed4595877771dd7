# Loops in code that is never run, of every kind that keeps something on the stack, and what stands behind them.
import micropython


@micropython.viper
def folded(n: int) -> int:
    w = 0
    while w < 6 and (not 1):
        for k in range(0, 3):
            pass
    if uint(0):
        for k in range(0, n):
            w += k
    return w + n


@micropython.viper
def any_step(n: int, step: int) -> int:
    w = 0
    if bool(0):
        for k in range(w, n, step):
            w += k
    else:
        for k in range(w, n, step):
            w += k
    return w


@micropython.viper
def objects(items) -> int:
    n = 0
    if not int(1):
        for item in items:
            for inner in item:
                n += 1
    for item in items:
        n += 1
    return n


@micropython.viper
def handlers(items) -> int:
    n = 0
    while uint(0):
        for item in items:
            try:
                for k in range(3):
                    if k == 2:
                        break
                    n += k
            except ValueError:
                continue
            finally:
                n += 100
        else:
            n += 1000
    return n


@micropython.viper
def behind_return(n: int) -> int:
    while True:
        n += 1
        if n > 10:
            return n
        continue
        for k in range(5):
            n += k
    for k in range(7):
        n -= k


print(folded(5), any_step(10, 3), any_step(10, -3), objects([[1], [2, 3]]), handlers([1]), behind_return(3))
