# Functions with several captured parameters, called by built-ins: their cells are made before they have a frame.
def capture(a, b, c, d, e):
    def inner():
        return a, b, c, d, e

    return inner


def run():
    for i in range(5):
        for f in map(capture, [[1]], [[2]], [[3]], [[4]], [[5]]):
            assert f() == ([1], [2], [3], [4], [5]), f()
    print(sorted([3, 1, 2], key=lambda x, y=(0,): (lambda: (x, y))()[0]))


try:
    run()
except MemoryError:
    print("MemoryError")
