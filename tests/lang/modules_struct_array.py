#! agree: cpython upstream
# struct and array: layouts that do not depend on the machine.
import struct
from array import array

print(struct.pack("<bBhHiIqQ", -1, 255, -2, 65535, -3, 4294967295, -4, 2**64 - 1))
print(struct.pack(">bBhHiIqQ", -1, 255, -2, 65535, -3, 4294967295, -4, 2**64 - 1))
print(struct.unpack("<hIb", struct.pack("<hIb", -5, 7, -9)), struct.calcsize("<bhiq"), struct.calcsize(">3s2H"))
print(struct.pack("<3s5s", b"abcd", b"xy"), struct.unpack("<3s", b"xyz"), struct.pack("<fd", 1.5, -2.25), struct.unpack("<fd", struct.pack("<fd", 1.5, -2.25)))
buf = bytearray(8)
struct.pack_into("<HH", buf, 2, 1, 2)
print(buf, struct.unpack_from("<H", buf, 4), struct.unpack("<4B", b"\x01\x02\x03\x04"))
for operation in (lambda: struct.unpack("<I", b"abc"), lambda: struct.pack_into("<I", bytearray(2), 0, 1)):
    try:
        print(operation())
    except Exception as e:
        print("error")
for code in "bBhHiIlLqQfd":
    a = array(code, [1, 2, 3])
    a.append(4)
    a[0] = 9
    print(code, list(a), len(a), a[-1], sum(a))
a = array("i", [1, 2])
a.extend(array("i", [3]))
print(a, a[1:], list(a + array("i", [7])), 2 in list(a), bytes(array("h", [1, 2])), bytearray(array("B", [5])))
for operation in (lambda: array("i")[0], lambda: array("i", ["x"])):
    try:
        print(operation())
    except Exception as e:
        print(type(e).__name__)
