#! agree: cpython upstream
# Small whole programs: a heap, a parser, dynamic programming, a matrix, a text histogram.
def heapsort(items):
    heap = []
    for item in items:
        heap.append(item)
        i = len(heap) - 1
        while i and heap[i] < heap[(i - 1) // 2]:
            heap[i], heap[(i - 1) // 2] = heap[(i - 1) // 2], heap[i]
            i = (i - 1) // 2
    out = []
    while heap:
        out.append(heap[0])
        last = heap.pop()
        if heap:
            heap[0] = last
            i = 0
            while True:
                child = 2 * i + 1
                if child >= len(heap):
                    break
                if child + 1 < len(heap) and heap[child + 1] < heap[child]:
                    child += 1
                if heap[i] <= heap[child]:
                    break
                heap[i], heap[child] = heap[child], heap[i]
                i = child
    return out


seed = 42
data = []
for _ in range(50):
    seed = (seed * 1103515245 + 12345) % 2**31
    data.append(seed % 1000)
print(heapsort(data) == sorted(data), heapsort(data)[:10])


class Parser:
    def __init__(self, text):
        self.tokens = text.replace("(", " ( ").replace(")", " ) ").split()
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def expr(self):
        value = self.term()
        while self.peek() in ("+", "-"):
            value = value + self.term() if self.take() == "+" else value - self.term()
        return value

    def term(self):
        value = self.atom()
        while self.peek() in ("*", "/"):
            value = value * self.atom() if self.take() == "*" else value // self.atom()
        return value

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.expr()
            if self.take() != ")":
                raise ValueError("unbalanced")
            return value
        return int(token)


for text in ("1 + 2 * 3", "(1 + 2) * 3", "100 / 7 - 3 * (2 + 4)", "2 * (3", "x"):
    try:
        print(text, "=", Parser(text).expr())
    except ValueError as e:
        print(text, "ValueError")


def lcs(a, b):
    table = [[""] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + x if x == y else max(table[i][j + 1], table[i + 1][j], key=len)
    return table[-1][-1]


print(len(lcs("the quick brown fox jumps", "over the lazy dog jumps")), lcs("abcbdab", "bdcaba") in ("bcba", "bdab", "bcab"))


def matmul(a, b):
    return [[sum(x * y for x, y in zip(row, col)) for col in zip(*b)] for row in a]


m = [[1, 1], [1, 0]]
r = [[1, 0], [0, 1]]
for _ in range(90):
    r = matmul(r, m)
print(r)


def queens(n, row=0, cols=0, d1=0, d2=0):
    if row == n:
        return 1
    total = 0
    for c in range(n):
        if not (cols >> c & 1 or d1 >> (row + c) & 1 or d2 >> (row - c + n) & 1):
            total += queens(n, row + 1, cols | 1 << c, d1 | 1 << (row + c), d2 | 1 << (row - c + n))
    return total


print([queens(n) for n in range(1, 7)])
memo = {}


def partitions(n, m):
    if n == 0:
        return 1
    if n < 0 or m == 0:
        return 0
    if (n, m) not in memo:
        memo[n, m] = partitions(n - m, m) + partitions(n, m - 1)
    return memo[n, m]


print(partitions(60, 60), len(memo))
life = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}
for _ in range(20):
    near = {}
    for x, y in life:
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                near[x + dx, y + dy] = near.get((x + dx, y + dy), 0) + 1
    life = {c for c, n in near.items() if n == 3 or (n == 4 and c in life)}
print(sorted(life))
