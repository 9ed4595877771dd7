# One integer loop in each form. `cargo xtask one-loop` puts a decorator before `kernel` and runs it.
def kernel(data, n, rounds):
    a = 1
    b = 0
    for _ in range(rounds):
        for i in range(n):
            a = (a + data[i]) & 0xFFFF
            b = (b + a) & 0xFFFF
    return b << 16 | a
