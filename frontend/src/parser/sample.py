"""Doc string."""
import a.b as c, d
from ..e import f as g, h
from i import *
LIMIT = const(10 ** 3)
_HIDDEN = const("text longer than ten bytes")
x, *y = z = 0x1F, .5e-3, 2j, b"bytes\x00", None, ...
n: int = (1, "two", 3.0)
n += not x if y else lambda p, *q, r=1, **s: (yield)
@micropython.native
@deco.rate(1, k=2)
def func(a, b: int = 1, *args, c, d=LIMIT, **kw) -> str:
    '''Inner
    doc.'''
    global x
    try:
        assert a < b <= c is not None, "m"
        return [i * 2 for i in range(10) if i % 2 if not i]
    except (ValueError, OSError) as er:
        raise RuntimeError from er
    except:
        pass
    else:
        del a[1:2, ::3], b.c
    finally:
        print(f"{a!r:>{b}} {c=} {{}}" 'joined', *args, **kw)
class Klass(Base, meta=1):
    attr = {1: 2} if 0 else {k: v for k, v in zip(a, b)}; other = {1, 2}
    async def m(self):
        nonlocal attr
        async with self.lock as l, m: await self.n(x)[0] ** -1
        async for i in j: continue
        while (t := next(self)) and t | 1 ^ 2 & 3 << 4 >> 5:
            break
        else: yield from (u for u in \
            v)
s = t"{x} and {y!r:{w}}"
