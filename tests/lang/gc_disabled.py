# While collection is disabled the heap only grows; afterwards it is collected again.
import gc


def churn(n):
    for i in range(n):
        [i] * 20


gc.collect()
gc.disable()
before = gc.mem_alloc()
churn(20000)
grown = gc.mem_alloc() - before
print(grown > 20000 * 100, gc.isenabled())
gc.enable()
churn(200000)
print(gc.mem_alloc() - before < grown, gc.isenabled())
