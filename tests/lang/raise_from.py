#! agree: cpython
# `raise` with a cause, of which stock and we make only a warning on standard error.


def from_cause():
    try:
        {}["c"]
    except KeyError as e:
        raise ValueError("d") from e


def from_class():
    raise TypeError from OSError


for fun in (from_cause, from_class):
    try:
        fun()
    except Exception as e:
        print(fun.__name__, type(e).__name__, e.args)
