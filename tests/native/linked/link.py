#!/usr/bin/env python3
"""Compiles and links C modules for x64 into .mpy files: a second opinion, independent of the project's linker.

usage: link.py OUT.mpy SOURCE.c…      (needs gcc)
"""

import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SUPPORT = """
#include <stddef.h>
extern void *const mp_fun_table[];
void *memset(void *d, int c, size_t n) { return ((void *(*)(void *, int, size_t))mp_fun_table[50])(d, c, n); }
void *memmove(void *d, const void *s, size_t n) { return ((void *(*)(void *, const void *, size_t))mp_fun_table[51])(d, s, n); }
void *memcpy(void *d, const void *s, size_t n) { return memmove(d, s, n); }
"""
# Symbols whose value is the content of a table entry.
ENTRIES = {f"mp_type_fun_builtin_{n}": 77 + i for i, n in enumerate(["0", "1", "2", "3", "var"])}
TABLES = {"mp_qstr_table": 6, "mp_obj_table": 7, "mp_fun_table": 8}


class Object:
    def __init__(self, data):
        self.data = data
        (shoff,) = struct.unpack_from("<Q", data, 40)
        size, count, names = struct.unpack_from("<HHH", data, 58)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * size) for i in range(count)]
        strings = self.sections[names]
        self.names = [self.text(strings, s[0]) for s in self.sections]
        table = next(i for i, s in enumerate(self.sections) if s[1] == 2)
        linked = self.sections[self.sections[table][6]]
        self.symbols = []
        for at in range(0, self.sections[table][5], 24):
            name, info, _, index, value, _ = struct.unpack_from("<IBBHQQ", data, self.sections[table][4] + at)
            self.symbols.append((self.text(linked, name), info >> 4, index, value))

    def text(self, section, at):
        start = section[4] + at
        return self.data[start : self.data.index(0, start)].decode()


def varint(n):
    out = [n & 0x7F]
    while n >> 7:
        n >>= 7
        out.insert(0, n & 0x7F | 0x80)
    return bytes(out)


def align(n, to):
    return (n + to - 1) // to * to


def link(objects, names):
    image, bss, places, known = bytearray(16), 0, {}, {}
    for number, o in enumerate(objects):
        for i, s in enumerate(o.sections):
            if not s[2] & 2 or s[5] == 0 or o.names[i].startswith((".note", ".eh_frame")):
                continue
            if s[1] == 8:
                bss = align(bss, max(s[8], 8))
                places[number, i] = ("bss", bss)
                bss += s[5]
            else:
                assert o.names[i].startswith((".text", ".rodata", ".data.rel.ro")), o.names[i]
                image += bytes(align(len(image), max(s[8], 8)) - len(image))
                places[number, i] = ("text", len(image))
                image += o.data[s[4] : s[4] + s[5]]
        for name, bind, index, value in o.symbols:
            if bind and index:
                known[name] = (number, index, value)

    def address(number, symbol):
        name, bind, index, value = objects[number].symbols[symbol]
        if index == 0:
            if name not in known:
                return name, 0
            number, index, value = known[name]
        where, base = places[number, index]
        return where, base + value

    got, fixups = {}, []
    relocs = []
    for number, o in enumerate(objects):
        for s in o.sections:
            if s[1] != 4 or (number, s[7]) not in places:
                continue
            for at in range(0, s[5], 24):
                offset, info, addend = struct.unpack_from("<QQq", o.data, s[4] + at)
                target = address(number, info >> 32)
                relocs.append((places[number, s[7]][1] + offset, info & 0xFFFFFFFF, target, addend))
    image += bytes(align(len(image), 8) - len(image))
    for _, kind, target, _ in relocs:
        if kind in (9, 41, 42) and target not in got:
            got[target] = len(image)
            image += bytes(8)

    def word(at, target, addend):
        where, value = target
        if where in ("text", "bss"):
            struct.pack_into("<q", image, at, value + addend)
            fixups.append((at, 0 if where == "text" else 4))
        elif where in TABLES:
            fixups.append((at, TABLES[where]))
        else:
            fixups.append((at, 9 + ENTRIES[where]))

    for target, at in got.items():
        word(at, target, 0)
    for at, kind, target, addend in relocs:
        if kind == 1:
            word(at, target, addend)
        elif kind in (2, 4):
            assert target[0] == "text", target
            struct.pack_into("<i", image, at, target[1] + addend - at)
        elif kind in (9, 41, 42):
            struct.pack_into("<i", image, at, got[target] + addend - at)
        else:
            raise SystemExit(f"relocation {kind}")
    where, entry = "text", None
    number, index, value = known["mpy_init"]
    entry = places[number, index][1] + value
    image[0:5] = b"\xe9" + struct.pack("<i", entry - 5)
    out = bytearray(b"M\x06\x0b\x1f")
    out += varint(1 + len(names)) + varint(0)
    for name in ["module.mpy", *names]:
        out += varint(len(name) << 1) + name.encode() + b"\0"
    out += varint(len(image) << 3 | 2) + image
    out += varint(0x10 | (0x40 if bss else 0))
    if bss:
        out += varint(bss)
    for at, k in sorted(fixups):
        assert at % 8 == 0
        out += bytes([k << 1 | 1]) + varint(at // 8 << 1)
    return bytes(out + b"\xff")


def main():
    target, *sources = sys.argv[1:]
    names = []
    for path in [*sources, os.path.join(HERE, "py/dynruntime.h")]:
        for name in re.findall(r"MP_QSTR_(\w+)", open(path).read()):
            if name not in names:
                names.append(name)
    with tempfile.TemporaryDirectory() as scratch:
        with open(scratch + "/qstrs.h", "w") as header:
            for i, name in enumerate(names):
                header.write(f"#define MP_QSTR_{name} (mp_qstr_table[{i + 1}])\n")
        with open(scratch + "/support.c", "w") as support:
            support.write(SUPPORT)
        objects = []
        for i, source in enumerate([*sources, scratch + "/support.c"]):
            made = f"{scratch}/{i}.o"
            subprocess.check_call(
                ["gcc", "-c", "-Os", "-fPIC", "-fno-common", "-ffreestanding", "-fno-stack-protector", "-U_FORTIFY_SOURCE",
                 "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-fno-jump-tables", "-I", HERE, "-I", scratch,
                 source, "-o", made])
            objects.append(Object(open(made, "rb").read()))
        with open(target, "wb") as out:
            out.write(link(objects, names))


main()
