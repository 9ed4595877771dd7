# Loops over small ints: sums, remainders, bits, items of lists and bytes. One line: the checksum.
import sys

N = 300000


def collatz(limit):
    best = 0
    for start in range(1, limit):
        n = start
        steps = 0
        while n != 1:
            if n & 1:
                n = 3 * n + 1
            else:
                n >>= 1
            steps += 1
        if steps > best:
            best = steps
    return best


def sieve(n):
    flags = bytearray(n)
    count = 0
    for i in range(2, n):
        if not flags[i]:
            count += 1
            for j in range(i * i, n, i):
                flags[j] = 1
    return count


def mixed(n):
    items = [0] * 64
    x = 1
    for i in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        at = x >> 16 & 63
        items[at] += i % 7
    return sum(items)


n = int(sys.argv[1]) if len(sys.argv) > 1 else N
print(collatz(n // 40), sieve(n), mixed(n))
