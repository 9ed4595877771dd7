# Transfers that are interrupted by finally blocks, and class bodies that name their class.
class CM:
    async def __aenter__(self): return 1
    async def __aexit__(self, kind, value, trace):
        print('exit', kind)
        return False
BaseException = ValueError
async def f():
    for i in [1, 2]:
        async with CM():
            raise KeyError('x')
async def g():
    for i in [1, 2]:
        async with CM():
            continue
    async with CM():
        return 5
def drive(c):
    try:
        c.send(None)
    except StopIteration as e:
        print('done', e.value)
    except KeyError as e:
        print('KeyError', e.args)
drive(f())
drive(g())
class P:
    __class__ = (1, [2, (3, 4)], {'a': [5, 6, max(7, 8)]})
    y = [__class__ for _ in range(2)]
def h():
    for i in range(3):
        try:
            pass
        finally:
            continue
    return i
print(h())
