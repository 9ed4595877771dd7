# Loops over floats: a set, a sum, a filter. One line: the checksum.
import sys

N = 200000


def mandelbrot(size):
    inside = 0
    for row in range(size):
        ci = 2.0 * row / size - 1.0
        for column in range(size):
            cr = 3.0 * column / size - 2.0
            zr = zi = 0.0
            for _ in range(30):
                zr2 = zr * zr
                zi2 = zi * zi
                if zr2 + zi2 > 4.0:
                    break
                zi = 2.0 * zr * zi + ci
                zr = zr2 - zi2 + cr
            else:
                inside += 1
    return inside


def integral(n):
    step = 1.0 / n
    area = 0.0
    x = 0.5 * step
    for _ in range(n):
        area += 4.0 / (1.0 + x * x)
        x += step
    return area * step


def smooth(n):
    state = 0.0
    speed = 0.25
    for i in range(n):
        error = (i & 15) - state
        speed = speed * 0.9 + error * 0.05
        state += speed * 0.1
    return state


n = int(sys.argv[1]) if len(sys.argv) > 1 else N
print(mandelbrot(int(n ** 0.5) // 5), "%.6f %.6f" % (integral(n), smooth(n)))
