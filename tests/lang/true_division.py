# The quotient of two ints is rounded once, whether they fit a small int of the machine or not: a float of an int above
# 2**53 is rounded already.
big = 2**53 + 1


def ratio(a, b):
    return a / b


def ratios(a, b, n):
    total = 0.0
    for i in range(n):
        total += (a + i) / b
    return total


def halves(a, n):
    most = 0.0
    for i in range(n):
        share = a / (i + 3)
        if share > most:
            most = share
        a += 2
    return most


def inplace(a, b):
    a /= b
    return a


for a, b in (
    (big, 3),
    (-big, 3),
    (big, -3),
    (big, 1),
    (7, big),
    (big, big),
    (big + 2, 7),
    (2**61 - 1, 9),
    (2**62 - 1, 2**61 + 1),
    (-(2**62), 3),
    (2**62, 3),
    (2**63 + 1, 11),
    (2**53, 3),
    (2**53 - 1, 3),
    (6004799503160661, 2),
    (18014398509481985, 4),
    (10, 4),
    (0, big),
):
    print(a, b, ratio(a, b), inplace(a, b), ratios(a, b, 3), halves(a, 4))
print(ratio(True, 2), ratio(3, True))
for a, b in ((big, 0), (1, False)):
    try:
        print(ratio(a, b))
    except ZeroDivisionError as error:
        print(error)
