import sys
from kernel import kernel

n = 2000
data = bytearray(n)
for i in range(n):
    data[i] = (i * 7 + (i >> 3)) & 0xFF
print(kernel(data, n, int(sys.argv[1])))
